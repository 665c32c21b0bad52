/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

/** Where a Chronicle map lives and what stands for a checkpoint of it. */
enum ChronicleKeeping {
    /** In anonymous memory; no checkpoints. */
    MEMORY("create", "none"),
    /** In a mapped file that is forced while the writer goes on. */
    FILE("createPersistedTo", "the kernel's write-back; a checkpoint forces the file, which is no consistent cut"),
    /** In a mapped file that is copied while the writer waits. */
    FILE_COPIED("createPersistedTo", "the kernel's write-back; a checkpoint copies the file while the writer waits");

    final String call;
    final String durability;

    ChronicleKeeping(final String call, final String durability) {
        this.call = call;
        this.durability = durability;
    }
}
