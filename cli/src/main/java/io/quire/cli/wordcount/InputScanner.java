/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.io.IOException;

/**
 * Cuts one input into chunks and finds the words in them. A word that a chunk's end cuts is not counted before its
 * end was seen: a short one is carried over to the next chunk, a long one is given on in pieces. What is unfinished
 * at the end of the input counts as a word.
 *
 * <p>Threading: confined to the scanning thread.
 */
final class InputScanner {
    private static final int CONTEXT_LENGTH = FilePosition.EVIDENCE_LENGTH;

    private final Input input;
    private final InputBytes source;
    private final int inputIndex;
    /** Where reading stops although there may be more by then; -1 = at the end of the input. */
    private final long limit;

    /** Bytes before the position, for the checksum, and after it those of an unfinished short word. */
    private final byte[] carry = new byte[CONTEXT_LENGTH + ScannedChunk.SHORT_WORD_MAX];

    private int carryLength;
    private int contextLength;
    /** Input position of the first byte that is not counted yet. */
    private long position;
    /** Input position up to which bytes were read, in this run or before. */
    private long readTo;
    /** Bytes of the long word that the position is in, 0 when it is in none. */
    private long openLength;
    /** Bytes from the position that an earlier run counted as a short last word. */
    private int takeBackLength;

    private int headCrc;
    private boolean first = true;
    private boolean ended;

    /**
     * Starts to scan.
     *
     * @param input what is scanned
     * @param inputIndex its number in the run
     * @param start where an earlier run stopped
     * @throws IOException when the input cannot be opened or read
     */
    InputScanner(final Input input, final int inputIndex, final FilePosition start) throws IOException {
        this.input = input;
        this.inputIndex = inputIndex;
        this.limit = input.length() > 0 ? input.length() : -1;
        this.position = start.position();
        this.readTo = start.seen();
        this.openLength = start.openWordId() != 0 ? start.openLength() : 0;
        this.takeBackLength = start.tailLength() <= ScannedChunk.SHORT_WORD_MAX ? (int) start.tailLength() : 0;
        this.headCrc = start.headCrc();
        this.contextLength = (int) Math.min(CONTEXT_LENGTH, position);
        this.source = input.open(position - contextLength);
        readContext();
    }

    private void readContext() throws IOException {
        while (carryLength < contextLength) {
            final int count = source.read(carry, carryLength, contextLength - carryLength);
            if (count < 0) {
                throw becameShorter();
            }
            carryLength += count;
        }
    }

    private IOException becameShorter() {
        return new IOException("it became shorter while it was read");
    }

    /** {@return whether the last chunk was scanned} */
    boolean ended() {
        return ended;
    }

    /**
     * Scans the next chunk.
     *
     * @param chunk filled with what was found
     * @throws IOException when reading fails
     */
    void scan(final ScannedChunk chunk) throws IOException {
        chunk.reset(inputIndex, first);
        System.arraycopy(carry, 0, chunk.bytes, 0, carryLength);
        final long base = position - contextLength;
        final int to = fill(chunk.bytes, carryLength, base);
        if (first && takeBackLength > 0) {
            if (to - contextLength < takeBackLength) {
                throw becameShorter();
            }
            chunk.counts.add(contextLength, takeBackLength, -1);
            chunk.wordCount--;
        }
        first = false;
        int from = contextLength;
        if (openLength > 0) {
            from = goOnWithOpenWord(chunk, base, from, to);
        }
        if (openLength == 0 && chunk.tailLength == 0) {
            final int unfinished = addWords(chunk, from, to);
            leaveUnfinished(chunk, base, unfinished, to);
        }
        chunk.freshLength = Math.max(0, base + to - readTo);
        readTo = Math.max(readTo, base + to);
        chunk.last = ended;
        remember(chunk, base, to);
    }

    private int fill(final byte[] bytes, final int from, final long base) throws IOException {
        final long wanted = limit < 0 ? bytes.length : Math.min(bytes.length, limit - base);
        // The word that is taken back must be there as a whole.
        final int needed = first ? Math.max(from + 1, contextLength + takeBackLength) : from + 1;
        int to = from;
        while (to < wanted && (to < needed || source.ready())) {
            final int count = source.read(bytes, to, (int) wanted - to);
            if (count < 0) {
                ended = true;
                break;
            }
            to += count;
        }
        if (limit >= 0 && base + to >= limit) {
            ended = true;
        }
        if (ended) {
            source.close();
        }
        return to;
    }

    /** Gives on the next piece of a long word; returns where the rest of the chunk starts. */
    private int goOnWithOpenWord(final ScannedChunk chunk, final long base, final int from, final int to) {
        final int end = WhiteSpace.indexOf(chunk.bytes, from, to);
        final boolean complete = end < to || ended;
        chunk.addPiece(from, end - from, complete ? ScannedChunk.LAST : 0);
        openLength += end - from;
        if (!complete) {
            chunk.position = base + to;
            chunk.wordOpen = true;
            return to;
        }
        chunk.wordCount++;
        if (end == to) {
            chunk.tailLength = openLength;
            chunk.position = base + to - openLength;
        }
        openLength = 0;
        return end;
    }

    /** Counts the words that end before the chunk does; returns where the one starts that does not, or the end. */
    private static int addWords(final ScannedChunk chunk, final int from, final int to) {
        final byte[] bytes = chunk.bytes;
        final SliceCounts counts = chunk.counts;
        long wordCount = 0;
        int unfinished = to;
        int i = from;
        while (i < to) {
            if (WhiteSpace.isWhite(bytes[i])) {
                i++;
                continue;
            }
            final int start = i;
            int hash = SliceCounts.HASH_SEED;
            do {
                hash = SliceCounts.hash(hash, bytes[i]);
                i++;
            } while (i < to && !WhiteSpace.isWhite(bytes[i]));
            if (i == to) {
                unfinished = start;
                break;
            }
            wordCount++;
            if (i - start <= ScannedChunk.SHORT_WORD_MAX) {
                counts.add(start, i - start, hash, 1);
            } else {
                chunk.addPiece(start, i - start, ScannedChunk.FIRST | ScannedChunk.LAST);
            }
        }
        chunk.wordCount += wordCount;
        return unfinished;
    }

    private void leaveUnfinished(final ScannedChunk chunk, final long base, final int start, final int to) {
        final int length = to - start;
        chunk.position = base + start;
        final boolean isShort = length <= ScannedChunk.SHORT_WORD_MAX;
        if (ended && length > 0) {
            chunk.tailLength = length;
            chunk.wordCount++;
            if (isShort) {
                chunk.counts.add(start, length, 1);
            } else {
                chunk.addPiece(start, length, ScannedChunk.FIRST | ScannedChunk.LAST);
            }
        } else if (!isShort) {
            chunk.addPiece(start, length, ScannedChunk.FIRST);
            chunk.position = base + to;
            chunk.wordOpen = true;
            openLength = length;
        }
    }

    /** Checksums what was read last, and keeps what the next chunk needs of this one. */
    private void remember(final ScannedChunk chunk, final long base, final int to) {
        final long seen = chunk.position + chunk.tailLength;
        final int seenIndex = (int) (seen - base);
        final int evidenceLength = (int) Math.min(FilePosition.EVIDENCE_LENGTH, seen);
        if (base == 0) {
            headCrc = FileInput.crc(chunk.bytes, 0, evidenceLength);
        }
        chunk.headCrc = headCrc;
        chunk.recentCrc = FileInput.crc(chunk.bytes, seenIndex - evidenceLength, evidenceLength);
        if (!ended) {
            position = chunk.position;
            contextLength = (int) Math.min(CONTEXT_LENGTH, position);
            final int carryFrom = (int) (position - base) - contextLength;
            carryLength = to - carryFrom;
            System.arraycopy(chunk.bytes, carryFrom, carry, 0, carryLength);
        }
    }

    /** {@return the input's name, for messages} */
    String inputName() {
        return input.name();
    }

    /** Ends early. */
    void close() throws IOException {
        source.close();
    }
}
