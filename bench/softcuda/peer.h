// What softcuda is measured against.
#pragma once
#include <cstddef>

// C = A B in fp32, row-major n x n, by OpenBLAS; false when it is not installed.
bool openblas_sgemm(int n, const float* a, const float* b, float* c);
