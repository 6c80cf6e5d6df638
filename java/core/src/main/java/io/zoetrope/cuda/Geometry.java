package io.zoetrope.cuda;

/**
 * Launch geometry of a kernel as the device code itself declares it with {@code ZOE_GEOMETRY} and {@code ZOE_PIPELINE}.
 *
 * @param threads     threads in a block
 * @param tileM       rows of the output a block makes
 * @param tileN       columns of the output a block makes
 * @param tileK       depth of the reduction taken at once
 * @param sharedBytes dynamic shared memory of a block
 * @param cluster     blocks of a cluster, of which a grid has whole ones; 1: none
 */
public record Geometry(int threads, int tileM, int tileN, int tileK, int sharedBytes, int cluster) {
    public Geometry(int threads, int tileM, int tileN, int tileK, int sharedBytes) {
        this(threads, tileM, tileN, tileK, sharedBytes, 1);
    }
}
