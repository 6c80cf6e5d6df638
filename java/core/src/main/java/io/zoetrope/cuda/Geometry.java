package io.zoetrope.cuda;

/**
 * Launch geometry of a kernel as the device code itself declares it with {@code ZOE_GEOMETRY}.
 *
 * @param threads     threads in a block
 * @param tileM       rows of the output a block makes
 * @param tileN       columns of the output a block makes
 * @param tileK       depth of the reduction taken at once
 * @param sharedBytes dynamic shared memory of a block
 */
public record Geometry(int threads, int tileM, int tileN, int tileK, int sharedBytes) {
}
