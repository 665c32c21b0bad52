/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.util.Arrays;

/**
 * A chunk of one input and what was found in it: the counts of its short words, the pieces of its long ones, and
 * where the input stands after it. Reused; everything in it is valid until it is given back.
 *
 * <p>Threading: handed from the scanning thread to the counting thread and back; only one of them holds it.
 */
final class ScannedChunk {
    /** Words of more bytes than this are kept in pieces, under a digest. */
    static final int SHORT_WORD_MAX = FilePosition.EVIDENCE_LENGTH;
    /** Smallest buffer: context and unfinished word from the last chunk, and as much again. */
    static final int BYTES_MIN = 4 * SHORT_WORD_MAX;

    /** The piece is the first of its word. */
    static final byte FIRST = 1;
    /** The piece is the last of its word. */
    static final byte LAST = 2;

    final byte[] bytes;
    final SliceCounts counts = new SliceCounts();

    private int[] pieceOffsets = new int[8];
    private int[] pieceLengths = new int[8];
    private byte[] pieceFlags = new byte[8];
    private int pieceCount;

    /** Which input, counted from 0 in the order of the run. */
    int inputIndex;
    /** Whether it is the first chunk of its input in this run. */
    boolean first;
    /** Whether it is the last chunk of its input in this run. */
    boolean last;
    /** Bytes of the input that need not be read again once this chunk is counted. */
    long position;
    /** Bytes after the position that are counted as the input's last word, 0 when none are. */
    long tailLength;
    /** Whether a long word goes on beyond this chunk. */
    boolean wordOpen;
    /** Words that were counted, net of what was taken back. */
    long wordCount;
    /** Bytes of the input that were read for the first time. */
    long freshLength;

    int headCrc;
    int recentCrc;
    /** What made reading fail; then the rest has no meaning. */
    RuntimeException failure;

    ScannedChunk(final int length) {
        if (length < BYTES_MIN) {
            throw new IllegalArgumentException("chunk length: expected at least " + BYTES_MIN + " found=" + length);
        }
        bytes = new byte[length];
    }

    void reset(final int newInputIndex, final boolean isFirst) {
        counts.reset(bytes);
        pieceCount = 0;
        inputIndex = newInputIndex;
        first = isFirst;
        last = false;
        position = 0;
        tailLength = 0;
        wordOpen = false;
        wordCount = 0;
        freshLength = 0;
        failure = null;
    }

    void addPiece(final int offset, final int length, final int flags) {
        if (pieceCount == pieceOffsets.length) {
            pieceOffsets = Arrays.copyOf(pieceOffsets, pieceCount * 2);
            pieceLengths = Arrays.copyOf(pieceLengths, pieceCount * 2);
            pieceFlags = Arrays.copyOf(pieceFlags, pieceCount * 2);
        }
        pieceOffsets[pieceCount] = offset;
        pieceLengths[pieceCount] = length;
        pieceFlags[pieceCount] = (byte) flags;
        pieceCount++;
    }

    int pieceCount() {
        return pieceCount;
    }

    int pieceOffset(final int index) {
        return pieceOffsets[index];
    }

    int pieceLength(final int index) {
        return pieceLengths[index];
    }

    boolean pieceIsFirst(final int index) {
        return (pieceFlags[index] & FIRST) != 0;
    }

    boolean pieceIsLast(final int index) {
        return (pieceFlags[index] & LAST) != 0;
    }
}
