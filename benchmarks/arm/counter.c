/* QEMU TCG plugin that counts the instructions a guest executes, by kind.
 *
 *   gcc -O2 -fPIC -shared -o counter.so counter.c
 *   INSTRUCTION_COUNTS=counts.txt qemu-aarch64 -plugin ./counter.so PROGRAM
 *
 * The file begins with "kinds NAME NAME ...". Each time the guest makes the system call 1000 with a number as its
 * argument (the kernel has no such call: it answers ENOSYS and nothing else happens), one line "mark NUMBER COUNT
 * COUNT ..." is appended: instructions of each kind since the start. The counts of several threads are added without
 * a lock, so the guest should compute in one.
 *
 * Written for the plugin interface of QEMU 7.2 to 8.2 (version 1), which is declared here because Debian packages no
 * header for it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK_SYSTEM_CALL 1000

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void (*translation_callback)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*system_call_callback)(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                     uint64_t, uint64_t, uint64_t, uint64_t);

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translation_callback);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
extern void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t, system_call_callback);

EXPORT int qemu_plugin_version = 1;

/* multiply: vector or floating-point multiplication, with or without addition; dot: sdot and udot; vector: other
 * vector and floating-point work; loads and stores of vector and of general registers; branch; other. */
enum { MULTIPLY, DOT, VECTOR, VECTOR_LOAD, VECTOR_STORE, LOAD, STORE, BRANCH, OTHER, KINDS };
static const char *const kind_names[KINDS] = {"multiply", "dot",   "vector", "vector_load", "vector_store",
                                              "load",     "store", "branch", "other"};

/* Instructions translated together; `runs` is raised by the code that QEMU generates. */
struct block {
    uint64_t runs;
    struct block *next;
    uint16_t counts[KINDS];
};
static struct block *blocks;
static FILE *output;

static unsigned bits(uint32_t word, int low, int width)
{
    return (word >> low) & ((1u << width) - 1);
}

static int memory_kind(uint32_t word)
{
    bool vector = bits(word, 26, 1), load;
    unsigned group = bits(word, 27, 3), option = bits(word, 22, 2);
    if (group == 3 && !bits(word, 24, 1)) {
        load = true; /* literal */
    } else if ((word & 0xbe000000) == 0x0c000000 || (word & 0xbf000000) == 0x0d000000) {
        load = bits(word, 22, 1); /* structures: ld1 to ld4 */
    } else if (group == 5) {
        load = bits(word, 22, 1); /* pairs */
    } else if (group == 7) {
        if (!vector && bits(word, 30, 2) == 3 && option == 2)
            return OTHER; /* prefetch */
        load = vector ? option & 1 : option != 0;
    } else {
        load = bits(word, 22, 1); /* exclusive, ordered */
    }
    if (vector)
        return load ? VECTOR_LOAD : VECTOR_STORE;
    return load ? LOAD : STORE;
}

static int vector_kind(uint32_t word)
{
    if ((word & 0xbf20fc00) == 0x0e009400 || (word & 0xbf20fc00) == 0x2e009400 || (word & 0xbf00f400) == 0x0f00e000 ||
        (word & 0xbf00f400) == 0x2f00e000)
        return DOT;
    if ((word & 0x9f200400) == 0x0e200400) { /* three operands of one size: mla, mul, sqdmulh, fmla, fmul */
        unsigned operation = bits(word, 11, 5);
        return operation == 18 || operation == 19 || operation == 22 || operation == 25 || operation == 27 ||
                       operation == 31
                   ? MULTIPLY
                   : VECTOR;
    }
    if ((word & 0x9f200c00) == 0x0e200000) /* a result twice as wide: smlal, smull, umlal, ... */
        return bits(word, 12, 4) >= 8 && bits(word, 12, 4) <= 14 ? MULTIPLY : VECTOR;
    if ((word & 0x9f000400) == 0x0f000000)
        return MULTIPLY; /* by one element of a vector */
    if ((word & 0xff000000) == 0x1f000000 || (word & 0xff200c00) == 0x1e200800)
        return MULTIPLY; /* scalar floating point: fmadd; fmul, fdiv, fadd, ... */
    return VECTOR;
}

static int kind_of(uint32_t word)
{
    unsigned group = bits(word, 25, 4);
    if ((group & 5) == 4)
        return memory_kind(word);
    if ((group & 14) == 10)
        return BRANCH;
    if ((group & 7) == 7)
        return vector_kind(word);
    return OTHER;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *translated)
{
    (void)id;
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        abort();
    for (size_t i = 0, n = qemu_plugin_tb_n_insns(translated); i < n; i++) {
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(translated, i)), sizeof word);
        block->counts[kind_of(word)]++;
    }
    do
        block->next = __atomic_load_n(&blocks, __ATOMIC_RELAXED);
    while (!__sync_bool_compare_and_swap(&blocks, block->next, block));
    qemu_plugin_register_vcpu_tb_exec_inline(translated, QEMU_PLUGIN_INLINE_ADD_U64, &block->runs, 1);
}

static void on_system_call(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t mark, uint64_t b, uint64_t c,
                           uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    (void)id, (void)cpu, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number != MARK_SYSTEM_CALL)
        return;
    uint64_t counts[KINDS] = {0};
    for (const struct block *block = blocks; block; block = block->next)
        for (int kind = 0; kind < KINDS; kind++)
            counts[kind] += block->runs * block->counts[kind];
    fprintf(output, "mark %" PRIu64, mark);
    for (int kind = 0; kind < KINDS; kind++)
        fprintf(output, " %" PRIu64, counts[kind]);
    fputc('\n', output);
    fflush(output);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info, (void)argc, (void)argv;
    const char *path = getenv("INSTRUCTION_COUNTS");
    output = path ? fopen(path, "w") : stderr;
    if (!output)
        return 1;
    fputs("kinds", output);
    for (int kind = 0; kind < KINDS; kind++)
        fprintf(output, " %s", kind_names[kind]);
    fputc('\n', output);
    fflush(output);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
    return 0;
}
