package io.zoetrope.cuda;

import java.nio.charset.StandardCharsets;

/** Small kernels, written by hand, for what the shipped ones do not show. */
final class Ptx {
    private static final String HEAD = ".version 7.8\n.target sm_80\n.address_size 64\n";

    private Ptx() {
    }

    /**
     * {@code places(long long* out, int step)}: each thread of a 3-D launch writes its place, times step, at its place.
     */
    static final byte[] PLACES = text("""
            .visible .entry places(.param .u64 out, .param .u32 step)
            {
                .reg .b32 %r<20>;
                .reg .b64 %rd<8>;
                ld.param.u64 %rd1, [out];
                ld.param.u32 %r1, [step];
                mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ctaid.y; mov.u32 %r4, %ctaid.z;
                mov.u32 %r5, %nctaid.x; mov.u32 %r6, %nctaid.y;
                mad.lo.u32 %r7, %r4, %r6, %r3;
                mad.lo.u32 %r7, %r7, %r5, %r2;
                mov.u32 %r8, %ntid.x; mov.u32 %r9, %ntid.y; mov.u32 %r10, %ntid.z;
                mul.lo.u32 %r11, %r8, %r9;
                mul.lo.u32 %r11, %r11, %r10;
                mov.u32 %r12, %tid.x; mov.u32 %r13, %tid.y; mov.u32 %r14, %tid.z;
                mad.lo.u32 %r15, %r14, %r9, %r13;
                mad.lo.u32 %r15, %r15, %r8, %r12;
                mad.lo.u32 %r16, %r7, %r11, %r15;
                mul.wide.u32 %rd2, %r16, 8;
                add.u64 %rd3, %rd1, %rd2;
                mul.wide.u32 %rd4, %r16, %r1;
                st.global.u64 [%rd3], %rd4;
                ret;
            }
            """);

    /**
     * {@code last(long long* out, map, int index)} with a map of 128 bytes aligned to 64: out[0] = its last 8 bytes +
     * index.
     */
    static final byte[] STRUCTURE = text("""
            .visible .entry last(.param .u64 out, .param .align 64 .b8 map[128], .param .u32 index)
            {
                .reg .b32 %r<3>;
                .reg .b64 %rd<6>;
                ld.param.u64 %rd1, [out];
                ld.param.u64 %rd2, [map+120];
                ld.param.u32 %r1, [index];
                cvt.u64.u32 %rd3, %r1;
                add.u64 %rd4, %rd2, %rd3;
                st.global.u64 [%rd1], %rd4;
                ret;
            }
            """);

    /** {@code shared(int* out)}: out[0] = the bytes of dynamic shared memory that the block was given. */
    static final byte[] SHARED = text("""
            .extern .shared .align 16 .b8 room[];
            .visible .entry shared(.param .u64 out)
            {
                .reg .b32 %r<3>;
                .reg .b64 %rd<3>;
                ld.param.u64 %rd1, [out];
                mov.u32 %r1, %dynamic_smem_size;
                mov.u32 %r2, room;
                st.global.u32 [%rd1], %r1;
                ret;
            }
            """);

    /** {@code wild(long long* out)}: writes far outside every allocation. */
    static final byte[] WILD = text("""
            .visible .entry wild(.param .u64 out)
            {
                .reg .b64 %rd<3>;
                mov.u64 %rd1, 64;
                st.global.u64 [%rd1], %rd1;
                ret;
            }
            """);

    /**
     * {@code peers(int* out)}: each block of a cluster reads the number of the next of its cluster from that one's
     * shared memory.
     */
    static final byte[] PEERS = """
            .version 7.8
            .target sm_90
            .address_size 64
            .visible .entry peers(.param .u64 out)
            {
                .reg .b32 %r<10>;
                .reg .b64 %rd<4>;
                .shared .align 4 .b8 number[4];
                mov.u32 %r1, %ctaid.x;
                mov.u32 %r2, number;
                st.shared.u32 [%r2], %r1;
                barrier.cluster.arrive.release.aligned;
                barrier.cluster.wait.acquire.aligned;
                mov.u32 %r3, %cluster_ctarank;
                mov.u32 %r4, %cluster_nctarank;
                add.u32 %r5, %r3, 1;
                rem.u32 %r5, %r5, %r4;
                mapa.shared::cluster.u32 %r6, %r2, %r5;
                ld.shared::cluster.u32 %r7, [%r6];
                barrier.cluster.arrive.release.aligned;
                barrier.cluster.wait.acquire.aligned;
                ld.param.u64 %rd1, [out];
                mul.wide.u32 %rd2, %r1, 4;
                add.u64 %rd3, %rd1, %rd2;
                st.global.u32 [%rd3], %r7;
                ret;
            }
            """.getBytes(StandardCharsets.US_ASCII);

    private static byte[] text(String body) {
        return (HEAD + body).getBytes(StandardCharsets.US_ASCII);
    }
}
