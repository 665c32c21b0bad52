/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.io.FileOperation;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** The file operations of a checkpoint, of a merge and of deletion, in their order. */
enum CheckpointStep {
    CREATE_FILE(CheckpointPhase.CAPTURE, FileOperation.CREATE, false, CheckpointStep::isFile, null),
    WRITE_FILE(CheckpointPhase.CAPTURE, FileOperation.WRITE, false, CheckpointStep::isFile, null),
    FORCE_FILE(CheckpointPhase.FLUSH, FileOperation.FORCE, false, CheckpointStep::isFile, null),
    CLOSE_FILE(CheckpointPhase.FLUSH, FileOperation.CLOSE, false, CheckpointStep::isFile, null),
    CREATE_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.CREATE, false, CheckpointStep::isManifest, null),
    WRITE_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.WRITE, false, CheckpointStep::isManifest, null),
    FORCE_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.FORCE, false, CheckpointStep::isManifest, null),
    FORCE_NAMES(CheckpointPhase.PUBLISH, FileOperation.FORCE_DIRECTORY, false, path -> true, null),
    RENAME_MANIFEST(CheckpointPhase.PUBLISH, FileOperation.RENAME, false, CheckpointStep::isManifest, null),
    FORCE_RENAME(CheckpointPhase.PUBLISH, FileOperation.FORCE_DIRECTORY, false, path -> true, FileOperation.RENAME),
    READ_BACK(CheckpointPhase.PUBLISH, FileOperation.OPEN_READ, false, CheckpointStep::isManifest, null),
    DELETE_OLD(CheckpointPhase.REST, FileOperation.DELETE, true, CheckpointStep::isFile, null),
    DELETE_MANIFEST(CheckpointPhase.REST, FileOperation.DELETE, true, CheckpointStep::isManifest, null),
    MERGE_WRITE(CheckpointPhase.REST, FileOperation.WRITE, true, CheckpointStep::isFile, null),
    MERGE_FORCE(CheckpointPhase.REST, FileOperation.FORCE, true, CheckpointStep::isFile, null),
    MERGE_READ_BACK(CheckpointPhase.REST, FileOperation.OPEN_READ, true, CheckpointStep::isFile, FileOperation.CLOSE),
    MERGE_RENAME(CheckpointPhase.REST, FileOperation.RENAME, true, CheckpointStep::isManifest, null),
    MERGE_FORCE_RENAME(CheckpointPhase.REST, FileOperation.FORCE_DIRECTORY, true, path -> true, FileOperation.RENAME);

    private final CheckpointPhase phase;
    private final FileOperation operation;
    private final boolean merging;
    private final Predicate<Path> path;
    private final FileOperation after;

    CheckpointStep(
            final CheckpointPhase phase,
            final FileOperation operation,
            final boolean merging,
            final Predicate<Path> path,
            final FileOperation after) {
        this.phase = phase;
        this.operation = operation;
        this.merging = merging;
        this.path = path;
        this.after = after;
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
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicReference<FileOperation> before = new AtomicReference<>(); // of this thread
        return (op, file) -> {
            final String thread = Thread.currentThread().getName();
            if (thread.equals(merging ? "quire-merger" : "quire-checkpointer")) {
                final FileOperation last = before.getAndSet(op);
                final boolean matches = op == operation && path.test(file) && (after == null || after == last);
                if (matches && done.compareAndSet(false, true)) {
                    action.run();
                }
            }
        };
    }
}
