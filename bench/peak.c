/* What the arithmetic of this machine can do at most: multiply-adds of f32, and of bf16 where there
   is the instruction or there are tiles (AMX), on registers alone, by 1 to N threads. Prints one
   JSON object of GFLOP/s (2 for a multiply-add); the best of many short repeats, since other work
   can only take away.

       cc -O3 -march=native -pthread bench/peak.c -o peak && ./peak 2 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX__)
#define WIDTH 8
#else
#define WIDTH 4
#endif
#define CHAINS 12 /* more than latency times units: every unit always has work */
#define ROUNDS 200000L
#define REPEATS 25

typedef float vector __attribute__((vector_size(4 * WIDTH)));

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve sums; the empty asm keeps the compiler from knowing the factors. */
static void f32_work(void) {
    vector sum[CHAINS], a, b;
    for (int i = 0; i < WIDTH; i++) a[i] = 0.999f, b[i] = 1e-3f;
    for (int c = 0; c < CHAINS; c++) sum[c] = b;
    for (long r = 0; r < ROUNDS; r++) {
        __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) sum[c] = sum[c] * a + b;
    }
    for (int c = 0; c < CHAINS; c++) __asm__ volatile("" : : "x"(sum[c]));
}

#if defined(__AVX512BF16__)
#include <immintrin.h>
static void bf16_work(void) {
    __m512 sum[CHAINS];
    __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80), b = a;
    for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_setzero_ps();
    for (long r = 0; r < ROUNDS; r++) {
        __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_dpbf16_ps(sum[c], a, b);
    }
    for (int c = 0; c < CHAINS; c++) __asm__ volatile("" : : "x"(sum[c]));
}
#endif

#if defined(__AMX_BF16__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
static int has_tiles(void) {
    return syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */) == 0;
}

/* Four sums of tiles of 16 by 16, two by two factors: products of tiles take turns on the sums. */
static void amx_work(void) {
    struct {
        unsigned char palette, start, reserved[14];
        unsigned short bytes[16];
        unsigned char rows[16];
    } __attribute__((aligned(64))) shapes = {.palette = 1};
    for (int i = 0; i < 8; i++) shapes.bytes[i] = 64, shapes.rows[i] = 16;
    /* GCC 12 takes it that only the first eight bytes are read, and would leave out the rest. */
    __asm__ volatile("" : : "r"(&shapes) : "memory");
    _tile_loadconfig(&shapes);
    for (long r = 0; r < ROUNDS; r++) {
#pragma GCC unroll 3
        for (int turn = 0; turn < CHAINS / 4; turn++) {
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_release();
}
#endif

struct job {
    void (*work)(void);
    pthread_barrier_t *barrier;
    double best; /* seconds of the shortest repeat in which all threads worked */
};

static void *thread(void *given) {
    struct job *job = given;
    job->best = 1e9;
    for (int i = 0; i < REPEATS; i++) {
        pthread_barrier_wait(job->barrier);
        double first = now();
        job->work();
        pthread_barrier_wait(job->barrier);
        double seconds = now() - first;
        if (seconds < job->best) job->best = seconds;
    }
    return NULL;
}

static double gflops(void (*work)(void), double flop, int n) {
    pthread_t threads[n];
    struct job jobs[n];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        jobs[i] = (struct job){work, &barrier, 0};
        pthread_create(&threads[i], NULL, thread, &jobs[i]);
    }
    for (int i = 0; i < n; i++) pthread_join(threads[i], NULL);
    return 1e-9 * n * flop * CHAINS * ROUNDS / jobs[0].best;
}

int main(int n_arguments, char **arguments) {
    int n = n_arguments > 1 ? atoi(arguments[1]) : 1;
    printf("{\"f32\": %.1f", gflops(f32_work, 2 * WIDTH, n));
#if defined(__AVX512BF16__)
    printf(", \"bf16\": %.1f", gflops(bf16_work, 64, n));
#endif
#if defined(__AMX_BF16__) && defined(__linux__)
    if (has_tiles()) printf(", \"amx\": %.1f", gflops(amx_work, 16384, n));
#endif
    printf("}\n");
    return 0;
}
