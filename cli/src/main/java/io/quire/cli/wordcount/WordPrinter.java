/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import io.quire.cli.Progress;
import io.quire.cli.StopRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Prints words in order, {@code count<TAB>word}, from a store that has them in none. What does not fit into memory is
 * printed in several passes: each collects the smallest words that are larger than the last one printed.
 *
 * <p>Threading: confined to the store's writer.
 */
final class WordPrinter {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int ARENA_MIN = 64 << 10;
    private static final int ARENA_MAX = 1 << 30;
    private static final int STOP_CHECK_MASK = (1 << 16) - 1;

    private final WordLedger ledger;
    private final StopRequest stop;
    private final Progress progress;
    private final int arenaLength;

    private final SortKey candidate = new SortKey();
    private final SortKey lower = new SortKey();
    private final SortKey upper = new SortKey();
    private WordArena arena;
    private boolean hasLower;
    private boolean hasUpper;
    private boolean byCount;
    private long limit;
    private long visitedCount;

    private final byte[] piece = new byte[LongWords.PIECE_LENGTH];
    private final byte[] otherPiece = new byte[LongWords.PIECE_LENGTH];
    private final byte[] digits = new byte[Long.SIZE];

    /** Thrown out of an iteration when the user wants to stop. */
    private static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("stopped", null, false, false);
        }
    }

    /**
     * Creates a printer.
     *
     * @param ledger whose words are printed
     * @param stop asked now and then
     * @param progress told how many words were looked at and printed
     * @param memoryLength bytes of heap it may use
     */
    WordPrinter(final WordLedger ledger, final StopRequest stop, final Progress progress, final long memoryLength) {
        this.ledger = ledger;
        this.stop = stop;
        this.progress = progress;
        this.arenaLength = (int) Math.max(ARENA_MIN, Math.min(ARENA_MAX, memoryLength / 2));
    }

    /**
     * Prints all words by their bytes.
     *
     * @param out where to
     * @return false when the user wanted to stop
     * @throws IOException when writing fails
     */
    boolean printAll(final OutputStream out) throws IOException {
        return print(out, false, Long.MAX_VALUE);
    }

    /**
     * Prints the most frequent words, the most frequent first, equally frequent ones by their bytes.
     *
     * @param out where to
     * @param count how many
     * @return false when the user wanted to stop
     * @throws IOException when writing fails
     */
    boolean printTop(final OutputStream out, final long count) throws IOException {
        return print(out, true, count);
    }

    private boolean print(final OutputStream out, final boolean sortByCount, final long count) throws IOException {
        byCount = sortByCount;
        limit = count;
        hasLower = false;
        long printedCount = 0;
        // A few of the most frequent words need little room: there the arena grows as far as it must.
        final boolean needsAll = limit >= ledger.distinctCount() / 2;
        arena = new WordArena(arenaLength, needsAll ? ledger.estimatedArenaLength() : 0, this::compareLongWords);
        try {
            do {
                hasUpper = false;
                arena.clear();
                visitedCount = 0;
                progress.begin("sorting", ledger.distinctCount());
                ledger.forEachWord(this::collect);
                arena.sort();
                final int ready = (int) Math.min(limit, arena.size());
                progress.begin("printing", Math.min(count, ledger.distinctCount()));
                for (int i = 0; i < ready; i++) {
                    if ((i & STOP_CHECK_MASK) == 0 && stop.requested()) {
                        return false;
                    }
                    printEntry(out, i);
                    progress.done(++printedCount);
                }
                limit -= ready;
                hasLower = ready > 0;
            } while (hasUpper && limit > 0 && hasLower);
        } catch (final StoppedException e) {
            return false;
        }
        out.flush();
        return true;
    }

    private void collect(final DirectBuffer word, final DirectBuffer count) {
        if ((visitedCount++ & STOP_CHECK_MASK) == 0) {
            progress.done(visitedCount);
            if (stop.requested()) {
                throw new StoppedException();
            }
        }
        final long wordCount = count.getLong(0, ByteOrder.LITTLE_ENDIAN);
        setCandidate(word, wordCount);
        if (hasLower && candidate.compareTo(lower, this::compareLongWords) <= 0) {
            return;
        }
        while (!hasUpper || candidate.compareTo(upper, this::compareLongWords) < 0) {
            final boolean enough = arena.size() / 2 >= limit && arena.size() >= STOP_CHECK_MASK;
            if (!enough && arena.add(wordCount, candidate)) {
                return;
            }
            arena.sort();
            final int keep = (int) Math.min(limit, Math.max(1, arena.size() / 2));
            arena.key(keep - 1, upper);
            hasUpper = true;
            arena.keepFirst(keep);
        }
    }

    private void setCandidate(final DirectBuffer word, final long count) {
        int at = 0;
        if (byCount) {
            LONG.set(candidate.bytes, 0, ~count);
            at = Long.BYTES;
        }
        final byte[] digest = WordLedger.digest(word);
        if (digest == null) {
            word.getBytes(0, candidate.bytes, at, word.capacity());
            candidate.length = at + word.capacity();
            candidate.longId = 0;
        } else {
            candidate.longId = ledger.longWords().locate(digest).id();
            ledger.longWords().piece(candidate.longId, 0, piece);
            System.arraycopy(piece, 0, candidate.bytes, at, SortKey.LONG_WORD_PREFIX);
            candidate.length = at + SortKey.LONG_WORD_PREFIX;
        }
    }

    private long compareLongWords(final long leftId, final long rightId) {
        if (leftId == rightId) {
            return 0;
        }
        for (int index = 0; ; index++) {
            final int leftLength = ledger.longWords().piece(leftId, index, piece);
            final int rightLength = ledger.longWords().piece(rightId, index, otherPiece);
            final int order = Arrays.compareUnsigned(piece, 0, leftLength, otherPiece, 0, rightLength);
            if (order != 0 || leftLength == 0) {
                return order;
            }
        }
    }

    private void printEntry(final OutputStream out, final int index) throws IOException {
        arena.key(index, lower);
        printNumber(out, arena.count(index));
        out.write('\t');
        if (lower.longId == 0) {
            final int from = byCount ? Long.BYTES : 0;
            out.write(lower.bytes, from, lower.length - from);
        } else {
            int length = ledger.longWords().piece(lower.longId, 0, piece);
            for (int i = 1; length > 0; i++) {
                out.write(piece, 0, length);
                length = ledger.longWords().piece(lower.longId, i, piece);
            }
        }
        out.write('\n');
    }

    private void printNumber(final OutputStream out, final long number) throws IOException {
        int at = digits.length;
        long rest = number;
        do {
            digits[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        out.write(digits, at, digits.length - at);
    }
}
