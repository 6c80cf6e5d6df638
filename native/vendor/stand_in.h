/* What the stand-ins for NVIDIA's libraries share: element access, and work queued on the driver's stream. */
#ifndef ZOETROPE_STAND_IN_H
#define ZOETROPE_STAND_IN_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void* Stream;
int cuLaunchHostFunc(Stream stream, void (*function)(void*), void* data);

enum { TYPE_F32, TYPE_BF16 };

static inline float load_element(const void* base, int type, int64_t index) {
    if (type == TYPE_F32) return ((const float*) base)[index];
    uint32_t bits = (uint32_t) ((const uint16_t*) base)[index] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* To nearest, ties to even; NaN stays NaN. */
static inline void store_element(void* base, int type, int64_t index, double wide) {
    float value = (float) wide;
    if (type == TYPE_F32) {
        ((float*) base)[index] = value;
        return;
    }
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    ((uint16_t*) base)[index] = value != value ? 0x7fff : (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* A replayed graph runs its work again and again, so the copy of the arguments stays. */
static inline int queue_work(Stream stream, void (*function)(void*), const void* work, size_t size) {
    void* copy = malloc(size);
    if (!copy) return 1;
    memcpy(copy, work, size);
    return cuLaunchHostFunc(stream, function, copy);
}
#endif
