/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

/**
 * Layout of one block of a log segment; little-endian; 8-byte aligned; the body is padded with zeros to 8 bytes.
 * <pre>
 *   0  int    magic "QBLK"
 *   4  int    flags
 *   8  long   log position of its first record
 *  16  long   durable position: all of the log before it was forced when this block was written
 *  24  int    raw length: bytes of the records, multiple of 8
 *  28  int    stored length: bytes of the body, without its padding
 *  32  int    CRC32C of the body as stored
 *  36  int    CRC32C of store id (16 B), incarnation (8 B) and bytes 0..35
 *  40  body   whole records, or their LZ4 form
 * </pre>
 * A block is valid iff both checksums hold and its position is the one expected. A seal is a block without records: it
 * says that the log, or this segment of it, ends there on purpose.
 *
 * <p>The durable position is what tells a torn tail from a hole: after a power loss, blocks that were not forced may be
 * missing in front of others that are there; a missing block that a later one calls durable is a loss.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class LogBlockDescriptor {
    static final int MAGIC = 0x4B4C_4251; // "QBLK" in the file's byte order

    static final int MAGIC_OFFSET = 0; // int
    static final int FLAGS_OFFSET = 4; // int: FLAG_* bits, the others zero
    static final int START_POSITION_OFFSET = 8; // long: multiple of 8
    static final int DURABLE_POSITION_OFFSET = 16; // long: 0..start position
    static final int RAW_LENGTH_OFFSET = 24; // int: bytes, 8..MAX_RAW_LENGTH, multiple of 8; 0 in a seal
    static final int STORED_LENGTH_OFFSET = 28; // int: bytes, 1..raw length; 0 in a seal
    static final int BODY_CRC_OFFSET = 32; // int
    static final int HEADER_CRC_OFFSET = 36; // int
    static final int HEADER_LENGTH = 40;

    /** The body is compressed with LZ4. */
    static final int FLAG_COMPRESSED = 1;
    /** No records: the log ends here, see {@link #FLAG_ROLLED}. */
    static final int FLAG_SEAL = 2;
    /** With {@link #FLAG_SEAL}: the log goes on in the next segment; without it, the log was closed here. */
    static final int FLAG_ROLLED = 4;

    static final int KNOWN_FLAGS = FLAG_COMPRESSED | FLAG_SEAL | FLAG_ROLLED;

    /** Hard cap, checked before anything is allocated. */
    static final int MAX_RAW_LENGTH = 4 * 1024 * 1024;

    static final int ALIGNMENT = 8;

    private LogBlockDescriptor() {}

    static int alignedLength(final int length) {
        return (length + (ALIGNMENT - 1)) & -ALIGNMENT;
    }

    /** Bytes that a block takes in its file. */
    static int blockLength(final int storedLength) {
        return HEADER_LENGTH + alignedLength(storedLength);
    }
}
