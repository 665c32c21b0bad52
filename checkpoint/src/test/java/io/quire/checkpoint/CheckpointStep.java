/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.io.FileOperation;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** The file operations of a checkpoint, of a merge and of deletion, in their order. */
enum CheckpointStep {
    CREATE_FILE(CheckpointPhase.CAPTURE, FileOperation.CREATE, false, CheckpointStep::isFile, 1),
    WRITE_FILE(CheckpointPhase.CAPTURE, FileOperation.WRITE, false, CheckpointStep::isFile, 1),
    FORCE_FILE(CheckpointPhase.FLUSH, FileOperation.FORCE, false, CheckpointStep::isFile, 1),
    CREATE_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.CREATE, false, CheckpointStep::isManifest, 1),
    WRITE_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.WRITE, false, CheckpointStep::isManifest, 1),
    FORCE_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.FORCE, false, CheckpointStep::isManifest, 1),
    FORCE_NAMES(CheckpointPhase.PUBLISH, FileOperation.FORCE_DIRECTORY, false, path -> true, 1),
    RENAME_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.RENAME, false, CheckpointStep::isManifest, 1),
    FORCE_RENAME(CheckpointPhase.PUBLISH, FileOperation.FORCE_DIRECTORY, false, path -> true, 2),
    READ_BACK(CheckpointPhase.PUBLISH, FileOperation.OPEN_READ, false, CheckpointStep::isManifest, 1),
    DELETE_OLD(CheckpointPhase.REST, FileOperation.DELETE, false, CheckpointStep::isFile, 1),
    MERGE_WRITE(CheckpointPhase.REST, FileOperation.WRITE, true, CheckpointStep::isFile, 1),
    MERGE_FORCE(CheckpointPhase.REST, FileOperation.FORCE, true, CheckpointStep::isFile, 1),
    MERGE_RENAME(CheckpointPhase.REST, FileOperation.RENAME, true, CheckpointStep::isManifest, 1),
    MERGE_FORCE_RENAME(CheckpointPhase.REST, FileOperation.FORCE_DIRECTORY, true, path -> true, 2);

    private final CheckpointPhase phase;
    private final FileOperation operation;
    private final boolean merging;
    private final Predicate<Path> path;
    private final int occurrence;

    CheckpointStep(
            final CheckpointPhase phase,
            final FileOperation operation,
            final boolean merging,
            final Predicate<Path> path,
            final int occurrence) {
        this.phase = phase;
        this.operation = operation;
        this.merging = merging;
        this.path = path;
        this.occurrence = occurrence;
    }

    private static boolean isFile(final Path path) {
        return path.getFileName().toString().startsWith("checkpoint-");
    }

    private static boolean isManifest(final Path path) {
        return path.getFileName().toString().startsWith("manifest-");
    }

    CheckpointPhase phase() {
        return phase;
    }

    boolean merging() {
        return merging;
    }

    /** Whether the manifest may be in place when this step fails, so that only reopening tells. */
    boolean afterRename() {
        return this == FORCE_RENAME || this == READ_BACK;
    }

    /** Does something once, before this step is done the next time. */
    io.quire.checkpoint.io.HookedStoreFiles.Hook once(final Runnable action) {
        final AtomicInteger seen = new AtomicInteger();
        return (op, file) -> {
            final String thread = Thread.currentThread().getName();
            if (op == operation
                    && thread.equals(merging ? "quire-merger" : "quire-checkpointer")
                    && path.test(file)
                    && seen.incrementAndGet() == occurrence) {
                action.run();
            }
        };
    }
}
