/* A door between MLX and OpenBLAS on Linux.
 *
 * MLX's Linux wheel calls the plain name cblas_sgemm and brings reference BLAS for it, about thirty times slower than
 * OpenBLAS. The scipy-openblas32 wheel holds OpenBLAS under the prefixed name scipy_cblas_sgemm. This library, loaded
 * into the global scope before MLX, defines the plain name and passes the call on. It has no Python in it:
 * blas.py loads it with ctypes and hands over the pointer.
 */

typedef void (*sgemm_t)(int order, int transa, int transb, int m, int n, int k, float alpha, const float *a, int lda,
                        const float *b, int ldb, float beta, float *c, int ldc);

static sgemm_t target;

__attribute__((visibility("default"))) void plum_edge_bind_sgemm(sgemm_t function) { target = function; }

__attribute__((visibility("default"))) void cblas_sgemm(int order, int transa, int transb, int m, int n, int k,
                                                        float alpha, const float *a, int lda, const float *b, int ldb,
                                                        float beta, float *c, int ldc) {
    target(order, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
