/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * How far an input is counted, as it is kept in the store beside the counts; little-endian.
 *
 * <pre>
 *  0      4     8          16            24           32          40       72     76       80      88
 *  +------+-----+----------+-------------+------------+-----------+--------+------+--------+-------+
 *  | ver. | res | position | tail length | open word  | open      | digest | head | recent | words |
 *  |      |     |          |             | id, 0=none | length    |        | CRC  | CRC    |       |
 *  +------+-----+----------+-------------+------------+-----------+--------+------+--------+-------+
 * </pre>
 *
 * <p>A file may end inside a word and go on with it later. So the last word of a file is counted, and
 * {@code position} stays where it starts: when the file has grown, the count is taken back and the word is read
 * again.
 *
 * <p>Threading: thread-safe, immutable; nobody changes the array.
 *
 * @param position bytes of the input that need not be read again
 * @param tailLength bytes after the position that are counted as the input's last word, 0 when none are
 * @param openWordId id under which the bytes of a long word are kept whose end was not seen yet, 0 when there is
 *     none; then the position is inside it
 * @param openLength bytes of that word before the position
 * @param digest 32 bytes: of the open word's complete chunks, or of a long last word; zeros when there is neither
 * @param headCrc CRC32C of the first {@link #EVIDENCE_LENGTH} bytes, of those that were read
 * @param recentCrc CRC32C of the last {@link #EVIDENCE_LENGTH} bytes that were read
 * @param wordCount words counted in this input, for information
 */
@SuppressWarnings("ArrayRecordComponent")
record FilePosition(
        long position,
        long tailLength,
        long openWordId,
        long openLength,
        byte[] digest,
        int headCrc,
        int recentCrc,
        long wordCount) {
    /** Bytes of an encoded position. */
    static final int LENGTH = 88;
    /** Bytes at the start of a file, and before the end of what was read, by which it is recognised. */
    static final int EVIDENCE_LENGTH = 4096;

    static final int DIGEST_LENGTH = 32;

    private static final int VERSION = 1;
    private static final int RESERVED = 0;

    /** {@return the position of an input that was never read} */
    static FilePosition start() {
        return new FilePosition(0, 0, 0, 0, new byte[DIGEST_LENGTH], 0, 0, 0);
    }

    /** {@return bytes of the input that were read} */
    long seen() {
        return position + tailLength;
    }

    /** {@return bytes that the two checksums cover each} */
    int evidenceLength() {
        return (int) Math.min(EVIDENCE_LENGTH, seen());
    }

    byte[] encode() {
        return ByteBuffer.allocate(LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(VERSION)
                .putInt(RESERVED)
                .putLong(position)
                .putLong(tailLength)
                .putLong(openWordId)
                .putLong(openLength)
                .put(digest)
                .putInt(headCrc)
                .putInt(recentCrc)
                .putLong(wordCount)
                .array();
    }

    /**
     * Reads an encoded position.
     *
     * @param bytes what {@link #encode()} gave
     * @return the position
     * @throws IllegalArgumentException when the bytes are something else
     */
    static FilePosition decode(final byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException(
                    "length of a file position: expected=" + LENGTH + " found=" + bytes.length);
        }
        final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final int version = buffer.getInt();
        if (version != VERSION) {
            throw new IllegalArgumentException("version of a file position: expected=" + VERSION + " found=" + version);
        }
        buffer.getInt();
        final long position = buffer.getLong();
        final long tailLength = buffer.getLong();
        final long openWordId = buffer.getLong();
        final long openLength = buffer.getLong();
        final byte[] digest = new byte[DIGEST_LENGTH];
        buffer.get(digest);
        return new FilePosition(
                position,
                tailLength,
                openWordId,
                openLength,
                digest,
                buffer.getInt(),
                buffer.getInt(),
                buffer.getLong());
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof FilePosition that && Arrays.equals(encode(), that.encode());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encode());
    }

    @Override
    public String toString() {
        return "FilePosition[position=" + position + ", tailLength=" + tailLength + ", openWordId=" + openWordId
                + ", openLength=" + openLength + ", wordCount=" + wordCount + "]";
    }
}
