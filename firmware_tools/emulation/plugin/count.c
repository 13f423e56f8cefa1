/* Plugin of QEMU: counts executed instructions, in all and by address range. EDGE_SIAMESE_RANGES is a file of "begin end" in hex
 * per line, EDGE_SIAMESE_COUNTS the file for the counts. Declares the few functions of version 1 of the plugin interface. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { ADD_U64 };
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction, int operation, void *to, uint64_t value);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id, void *), void *user);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define MOST 4096
static uint64_t total, begins[MOST], ends[MOST], counts[MOST];
static int ranges;

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &total, 1);
        for (int k = 0; k < ranges; k++)
            if (address >= begins[k] && address < ends[k]) {
                qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &counts[k], 1);
                break;
            }
    }
}

static void finished(plugin_id id, void *user)
{
    const char *name = getenv("EDGE_SIAMESE_COUNTS");
    FILE *file = name ? fopen(name, "w") : NULL;
    (void)id;
    (void)user;
    if (!file)
        return;
    fprintf(file, "%" PRIu64 "\n", total);
    for (int k = 0; k < ranges; k++)
        fprintf(file, "%" PRIu64 "\n", counts[k]);
    fclose(file);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments)
{
    const char *name = getenv("EDGE_SIAMESE_RANGES");
    FILE *file = name ? fopen(name, "r") : NULL;
    (void)info;
    (void)count;
    (void)arguments;
    while (file && ranges < MOST && fscanf(file, "%" SCNx64 " %" SCNx64, &begins[ranges], &ends[ranges]) == 2)
        ranges++;
    if (file)
        fclose(file);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
