/* A plugin of qemu-user (TCG) that counts the instructions an aarch64 program executes, and the
 * cryptographic ones among them by name. At exit it writes one line to standard error:
 *
 *     COUNTED all=… aese=… aesd=… aesmc=… aesimc=… pmull=… sha256h=… sha256h2=… sha256su0=… …
 *
 * It looks at each block of code once, when it is translated, and lets every execution of it add
 * what it holds: the counts are exact, and the same from run to run.
 *
 * Build: cc -O2 -Wall -shared -fPIC count.c -o count.so; use: qemu-aarch64 -plugin count.so PROGRAM
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The part of qemu's plugin interface, version 1, that is used: Debian packages no header. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef struct {
    const char *target_name;
    struct { int min, cur; } version;
    /* More follows, which is not read. */
} qemu_info_t;
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, void (*translated)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(
    struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *counter, uint64_t add);
void qemu_plugin_register_atexit_cb(
    qemu_plugin_id_t id, void (*exiting)(qemu_plugin_id_t, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* What is counted by name: an instruction belongs to the row whose bits it has under the mask (Arm
 * Architecture Reference Manual, C4.1, "Cryptographic AES", "three-register SHA", "two-register
 * SHA", "Advanced SIMD three different"). */
static const struct {
    const char *name;
    uint32_t mask, bits;
} KINDS[] = {
    {"aese", 0xfffffc00, 0x4e284800},
    {"aesd", 0xfffffc00, 0x4e285800},
    {"aesmc", 0xfffffc00, 0x4e286800},
    {"aesimc", 0xfffffc00, 0x4e287800},
    /* PMULL and PMULL2 on 64-bit halves */
    {"pmull", 0xbfe0fc00, 0x0ee0e000},
    {"sha256h", 0xffe0fc00, 0x5e004000},
    {"sha256h2", 0xffe0fc00, 0x5e005000},
    {"sha256su0", 0xfffffc00, 0x5e282800},
    {"sha256su1", 0xffe0fc00, 0x5e006000},
};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

static uint64_t all;
static uint64_t counted[KIND_COUNT];

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    size_t length = qemu_plugin_tb_n_insns(block);
    uint64_t here[KIND_COUNT] = {0};

    (void)id;
    for (size_t i = 0; i < length; i++) {
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i)), sizeof word);
        for (size_t kind = 0; kind < KIND_COUNT; kind++)
            here[kind] += (word & KINDS[kind].mask) == KINDS[kind].bits;
    }
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &all, length);
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        if (here[kind])
            qemu_plugin_register_vcpu_tb_exec_inline(
                block, QEMU_PLUGIN_INLINE_ADD_U64, &counted[kind], here[kind]);
}

static void exiting(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    fprintf(stderr, "COUNTED all=%" PRIu64, all);
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        fprintf(stderr, " %s=%" PRIu64, KINDS[kind].name, counted[kind]);
    fputc('\n', stderr);
}

__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (strcmp(info->target_name, "aarch64") != 0) {
        fprintf(stderr, "count: knows the instructions of aarch64, not of %s\n", info->target_name);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, exiting, NULL);
    return 0;
}
