// Compiled by nvcc -arch=sm_80 -ptx: divides unsigned numbers of 128 bits.
extern "C" __global__ void divide128(const unsigned __int128* a, const unsigned __int128* b,
                                     unsigned __int128* quotient, unsigned __int128* rest, int count) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    quotient[i] = a[i] / b[i];
    rest[i] = a[i] % b[i];
}
