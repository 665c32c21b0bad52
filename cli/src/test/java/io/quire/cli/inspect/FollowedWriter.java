/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.LongBytesState;
import io.quire.store.LongLongState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A process that counts in a store whose log is rolled and deleted all the time, until it is killed or has counted far
 * enough. It waits for whoever follows, so that what is deleted has been read however slow the machine is.
 */
final class FollowedWriter {
    static final String STATE = "count";
    /** Bytes that a step adds to the log, nearly all of them in a state that is not looked at. */
    static final int FILLER_LENGTH = 4_000;

    private static final int SEGMENT_LENGTH = 64 * 1024;
    private static final long RETAINED_LENGTH = 8L << 20;
    private static final long LEAD_MAX = 1_000; // 4 MB: less than what is retained
    private static final int LAST_LINE_LENGTH_MAX = 200;
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private FollowedWriter() {}

    /** Arguments: directory of the store, file that the follower writes to, where to stop counting. */
    public static void main(final String... arguments) throws IOException {
        final Path followed = Path.of(arguments[1]);
        final long end = Long.parseLong(arguments[2]);
        final UnsafeBuffer filler = new UnsafeBuffer(new byte[FILLER_LENGTH]);
        try (DurableStateStore store = DurableStateStore.open(new DurableStoreContext()
                .directory(Path.of(arguments[0]))
                .logSegmentLength(SEGMENT_LENGTH)
                .retainedLogLength(RETAINED_LENGTH)
                .checkpointIntervalNs(TimeUnit.MILLISECONDS.toNanos(50)))) {
            final LongLongState count = store.longLongState(STATE);
            final LongBytesState fillers = store.longBytesState("filler");
            while (count.get(0, 0) < end) {
                final long next = count.addAndGet(0, 1);
                fillers.put(next & 15, filler, 0, FILLER_LENGTH);
                while (next - lastCount(followed) > LEAD_MAX) {
                    store.poll();
                    LockSupport.parkNanos(PAUSE_NS);
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    /** The count that was printed last; 0 when there is none. */
    static long lastCount(final Path followed) throws IOException {
        if (Files.notExists(followed)) {
            return 0;
        }
        try (RandomAccessFile file = new RandomAccessFile(followed.toFile(), "r")) {
            final long from = Math.max(0, file.length() - LAST_LINE_LENGTH_MAX);
            final byte[] tail = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(tail);
            final String text = new String(tail, StandardCharsets.US_ASCII);
            final int lineEnd = text.lastIndexOf('\n');
            final String line = text.substring(0, Math.max(0, lineEnd));
            final String last = line.substring(line.lastIndexOf('\t') + 1);
            return last.matches("[0-9]+") ? Long.parseLong(last) : 0;
        }
    }
}
