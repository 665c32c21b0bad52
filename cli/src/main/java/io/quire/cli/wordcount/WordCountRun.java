/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import io.quire.checkpoint.DurableStateStore;
import io.quire.cli.Progress;
import io.quire.cli.StopRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Counts inputs into a store: checks all of them first, then applies chunk after chunk.
 *
 * <p>Threading: confined to the store's writer.
 */
final class WordCountRun {
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DurableStateStore store;
    private final WordLedger ledger;
    private final StopRequest stop;
    private final Progress progress;
    private final int chunkLength;

    private long length;
    private long wordCount;
    private int finishedCount;
    private int unchangedCount;

    /**
     * Creates the run.
     *
     * @param store where the counts are
     * @param ledger its words
     * @param stop asked between two chunks
     * @param progress told about every chunk
     * @param chunkLength bytes that are counted in one batch
     */
    WordCountRun(
            final DurableStateStore store,
            final WordLedger ledger,
            final StopRequest stop,
            final Progress progress,
            final int chunkLength) {
        this.store = store;
        this.ledger = ledger;
        this.stop = stop;
        this.progress = progress;
        this.chunkLength = chunkLength;
    }

    /**
     * Counts.
     *
     * @param inputs what to count
     * @return whether everything was counted; false when the user wanted to stop
     */
    boolean count(final List<Input> inputs) {
        final List<ScanningThread.Planned> planned = plan(inputs);
        if (planned.isEmpty()) {
            return true;
        }
        final ScanningThread scanning = new ScanningThread(planned, chunkLength);
        scanning.start();
        progress.detail(planned.get(0).input().name());
        try {
            while (finishedCount < planned.size()) {
                final ScannedChunk chunk = scanning.poll(POLL_NS);
                if (stop.requested()) {
                    return false;
                }
                if (chunk == null) {
                    store.poll();
                    continue;
                }
                apply(planned.get(chunk.inputIndex).input(), chunk);
                scanning.release(chunk);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            scanning.stop();
        }
        return true;
    }

    private List<ScanningThread.Planned> plan(final List<Input> inputs) {
        final List<ScanningThread.Planned> planned = new ArrayList<>();
        long total = 0;
        for (final Input input : inputs) {
            final FilePosition start = input.resumable() ? ledger.position(input) : FilePosition.start();
            if (input.check(start)) {
                planned.add(new ScanningThread.Planned(input, start));
                total = total < 0 || input.length() < 0 ? -1 : total + Math.max(0, input.length() - start.seen());
            } else if (start.seen() > 0) {
                unchangedCount++;
            }
        }
        progress.total(total);
        return planned;
    }

    private void apply(final Input input, final ScannedChunk chunk) {
        if (chunk.failure != null) {
            throw chunk.failure;
        }
        if (chunk.first) {
            progress.detail(input.name());
        }
        ledger.apply(input, chunk);
        length += chunk.freshLength;
        wordCount += chunk.wordCount;
        progress.done(length);
        if (chunk.last) {
            finishedCount++;
        }
    }

    /** {@return bytes that were counted} */
    long length() {
        return length;
    }

    /** {@return words that were counted, less those taken back because their file went on with them} */
    long wordCount() {
        return wordCount;
    }

    /** {@return inputs that an earlier run had finished and that have not grown} */
    int unchangedCount() {
        return unchangedCount;
    }
}
