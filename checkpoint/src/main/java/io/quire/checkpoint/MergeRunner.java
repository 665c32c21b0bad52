/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.merge.CheckpointMerger;
import io.quire.checkpoint.merge.MergePolicy;
import io.quire.checkpoint.merge.MergeResult;
import io.quire.checkpoint.merge.MergeRun;
import io.quire.checkpoint.merge.PageFilter;
import io.quire.checkpoint.recovery.Threads;
import io.quire.store.StateStore;
import io.quire.store.errors.StoreIoException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps the chain of checkpoint files short, on a thread of its own: after a checkpoint it merges what the policy
 * names and publishes the result as another manifest of the same checkpoint. Checkpoints go on meanwhile and are not
 * waited for. A merge that fails leaves everything as it was and is tried again after the next checkpoint.
 *
 * <p>Threading: {@link #wake} and counters from any thread.
 */
final class MergeRunner implements Runnable {
    private static final System.Logger LOG = System.getLogger(MergeRunner.class.getName());

    private final StateStore store;
    private final PublishedCheckpoints published;
    private final CheckpointMerger merger;
    private final MergePolicy policy;
    private final StoreFiles files;
    private final Path directory;
    private final Thread thread;
    private volatile boolean running = true;
    private volatile boolean woken;
    private volatile long mergeCount;
    private volatile long failedCount;
    private volatile long bytesRead;
    private volatile long bytesWritten;

    MergeRunner(
            final StateStore store,
            final PublishedCheckpoints published,
            final DurableStoreContext context,
            final Path directory) {
        this.store = store;
        this.published = published;
        this.directory = directory;
        files = context.storeFiles();
        policy = new MergePolicy(context.chainLengthMax(), MergePolicy.BASE_FRACTION_DEFAULT);
        merger = new CheckpointMerger(
                files,
                directory,
                published.newest().storeId(),
                published.fileNumbers(),
                CheckpointFileSettings.defaults().withCompression(context.compressCheckpoints()));
        thread = new Thread(this, "quire-merger");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Says that a checkpoint was published. */
    void wake() {
        woken = true;
        LockSupport.unpark(thread);
    }

    long mergeCount() {
        return mergeCount;
    }

    long failedCount() {
        return failedCount;
    }

    long bytesRead() {
        return bytesRead;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    @Override
    public void run() {
        while (running) {
            if (woken) {
                woken = false;
                mergeWhatIsDue();
            } else {
                LockSupport.park(this);
            }
            Thread.interrupted(); // means nothing here, and would close the files this thread opens
        }
    }

    private void mergeWhatIsDue() {
        try {
            Optional<MergeRun> run = policy.choose(published.newest().files());
            while (running && run.isPresent() && merge(run.get())) {
                run = policy.choose(published.newest().files());
            }
        } catch (final Throwable e) {
            failedCount = failedCount + 1; // written by this thread only
            LOG.log(Level.WARNING, "merge failed, it will be tried again: directory=" + directory, e);
        }
    }

    private boolean merge(final MergeRun run) {
        final Optional<MergeResult> merged = merger.merge(run, PageFilter.ALL, () -> !running);
        if (merged.isEmpty()) {
            return false;
        }
        final MergeResult result = merged.get();
        try {
            publish(result);
        } finally {
            published.fileNumbers().release(result.file().identity().fileNumber());
        }
        mergeCount = mergeCount + 1; // these three are written by this thread only
        bytesRead = bytesRead + result.readLength();
        bytesWritten = bytesWritten + result.writtenLength();
        published.retain();
        return true;
    }

    private void publish(final MergeResult result) {
        try {
            published.publishMerged(result.run(), result.file());
        } catch (final StoreIoException e) {
            // Which manifest is the newest on disk is not known now; only recovery can tell.
            store.fail(e);
            throw e;
        } catch (final RuntimeException e) {
            files.delete(directory.resolve(result.file().fileName()));
            throw e;
        }
    }

    /** Gives a merge under way up and ends the thread. */
    void stop() {
        running = false;
        LockSupport.unpark(thread);
        Threads.join(thread);
    }
}
