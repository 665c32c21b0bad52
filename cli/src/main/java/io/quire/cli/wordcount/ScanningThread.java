/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Scans inputs one after the other, some chunks ahead of the thread that counts them, so that reading and finding
 * words on one core overlaps with the store's work on another. A daemon: standard input may never end.
 *
 * <p>Threading: the counting thread starts it, takes chunks and gives them back; chunks are handed over by the
 * queues.
 */
final class ScanningThread {
    private static final int CHUNK_COUNT = 3;

    private final List<Planned> inputs;
    private final BlockingQueue<ScannedChunk> scanned = new ArrayBlockingQueue<>(CHUNK_COUNT + 1);
    private final BlockingQueue<ScannedChunk> free = new ArrayBlockingQueue<>(CHUNK_COUNT + 1);
    private final Thread thread = new Thread(this::scanAll, "quire-scanner");

    /**
     * An input and where to start.
     *
     * @param input what is scanned
     * @param start where an earlier run stopped
     */
    record Planned(Input input, FilePosition start) {}

    /**
     * Creates the thread.
     *
     * @param inputs what to scan, in this order
     * @param chunkLength bytes of each of three buffers
     */
    ScanningThread(final List<Planned> inputs, final int chunkLength) {
        this.inputs = inputs;
        for (int i = 0; i < CHUNK_COUNT; i++) {
            free.add(new ScannedChunk(chunkLength));
        }
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /**
     * The next chunk.
     *
     * @param timeoutNs how long to wait for it, nanoseconds
     * @return the chunk, to be given back, or null when there is none yet
     * @throws InterruptedException when the caller is interrupted
     */
    ScannedChunk poll(final long timeoutNs) throws InterruptedException {
        return scanned.poll(timeoutNs, TimeUnit.NANOSECONDS);
    }

    /**
     * Gives a chunk back.
     *
     * @param chunk from {@link #poll}
     */
    void release(final ScannedChunk chunk) {
        free.add(chunk);
    }

    /** Ends it. Whoever writes standard input is not waited for. */
    void stop() {
        thread.interrupt();
    }

    private void scanAll() {
        try {
            for (int i = 0; i < inputs.size(); i++) {
                if (!scan(i)) {
                    return;
                }
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt(); // stopped: nobody takes chunks any more
        }
    }

    private boolean scan(final int index) throws InterruptedException {
        final Planned planned = inputs.get(index);
        InputScanner scanner = null;
        ScannedChunk chunk = free.take();
        chunk.reset(index, false);
        try {
            scanner = new InputScanner(planned.input(), index, planned.start());
            scanner.scan(chunk);
            while (!scanner.ended()) {
                scanned.add(chunk);
                chunk = free.take();
                scanner.scan(chunk);
            }
        } catch (final IOException e) {
            chunk.failure = FileInput.failure(planned.input().name(), FileInput.reason(e), e);
        } catch (final RuntimeException | Error e) {
            chunk.failure =
                    new IllegalStateException("scanning '" + planned.input().name() + "' failed: " + e, e);
        } finally {
            closeQuietly(scanner);
        }
        final boolean good = chunk.failure == null;
        scanned.add(chunk);
        return good;
    }

    private static void closeQuietly(final InputScanner scanner) {
        if (scanner != null) {
            try {
                scanner.close();
            } catch (final IOException e) {
                return; // it was only read, and every byte that counts was delivered
            }
        }
    }
}
