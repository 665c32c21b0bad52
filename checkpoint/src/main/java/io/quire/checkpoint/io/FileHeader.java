/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static io.quire.checkpoint.io.FileHeaderDescriptor.CHECKSUM_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.FIRST_FIELD_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.FLAGS_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.GENERATION_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.KIND_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.LINE_SHIFT_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.MAGIC;
import static io.quire.checkpoint.io.FileHeaderDescriptor.MAGIC_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.MAJOR_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.MINOR_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.PAGE_SHIFT_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.SECOND_FIELD_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.STORE_ID_HIGH_OFFSET;
import static io.quire.checkpoint.io.FileHeaderDescriptor.STORE_ID_LOW_OFFSET;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import io.quire.store.errors.FormatTooOldException;
import io.quire.store.memory.PageDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The decoded header of a file; see {@link FileHeaderDescriptor} for the bytes.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param kind what the file is
 * @param minor minor version it was written in
 * @param storeId the store that wrote it
 * @param generation which of its kind, greater than 0
 * @param firstField as the kind says
 * @param secondField as the kind says
 */
public record FileHeader(FileKind kind, int minor, UUID storeId, long generation, long firstField, long secondField) {
    /**
     * Writes a header.
     *
     * @param target private memory with at least 64 bytes from the offset; its position does not matter
     * @param offset of the header's first byte
     * @return its checksum
     */
    public int write(final ByteBuffer target, final int offset) {
        final ByteBuffer buffer = target.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + MAGIC_OFFSET, MAGIC);
        buffer.putShort(offset + KIND_OFFSET, (short) kind.code());
        buffer.putShort(offset + MAJOR_OFFSET, (short) kind.major());
        buffer.putShort(offset + MINOR_OFFSET, (short) minor);
        buffer.put(offset + PAGE_SHIFT_OFFSET, (byte) PageDescriptor.PAGE_SHIFT);
        buffer.put(offset + LINE_SHIFT_OFFSET, (byte) PageDescriptor.LINE_SHIFT);
        buffer.putLong(offset + STORE_ID_HIGH_OFFSET, storeId.getMostSignificantBits());
        buffer.putLong(offset + STORE_ID_LOW_OFFSET, storeId.getLeastSignificantBits());
        buffer.putLong(offset + GENERATION_OFFSET, generation);
        buffer.putLong(offset + FIRST_FIELD_OFFSET, firstField);
        buffer.putLong(offset + SECOND_FIELD_OFFSET, secondField);
        buffer.putInt(offset + FLAGS_OFFSET, 0);
        final int checksum = new Checksum().of(buffer, offset, CHECKSUM_OFFSET);
        buffer.putInt(offset + CHECKSUM_OFFSET, checksum);
        return checksum;
    }

    /**
     * Reads and checks a header.
     *
     * @param path of the file, for messages
     * @param source private memory with the first 64 bytes of the file from its index 0
     * @param kind what the file must be
     * @return the header
     * @throws CorruptStoreException when it is not a header of that kind, or damaged
     * @throws FormatTooNewException when the file is of a newer major version or uses what this version does not know
     * @throws FormatTooOldException when the file is of a major version no longer read
     */
    public static FileHeader read(final Path path, final ByteBuffer source, final FileKind kind) {
        final ByteBuffer buffer = source.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        checkMagic(path, buffer.getLong(MAGIC_OFFSET));
        final int expected = new Checksum().of(buffer, 0, CHECKSUM_OFFSET);
        final int found = buffer.getInt(CHECKSUM_OFFSET);
        if (found != expected) {
            throw new CorruptStoreException("header checksum mismatch: file=" + path + " offset=" + CHECKSUM_OFFSET
                    + " expected=" + Checksum.hex(expected) + " found=" + Checksum.hex(found));
        }
        final int code = Short.toUnsignedInt(buffer.getShort(KIND_OFFSET));
        if (code != kind.code()) {
            throw new CorruptStoreException("wrong kind of file: file=" + path + " offset=" + KIND_OFFSET + " expected="
                    + kind + " found=" + FileKind.describe(code) + "; was it renamed?");
        }
        checkVersion(path, buffer, kind);
        final long generation = buffer.getLong(GENERATION_OFFSET);
        if (generation <= 0) {
            throw new CorruptStoreException(
                    "generation out of range: file=" + path + " offset=" + GENERATION_OFFSET + " found=" + generation);
        }
        return new FileHeader(
                kind,
                Short.toUnsignedInt(buffer.getShort(MINOR_OFFSET)),
                new UUID(buffer.getLong(STORE_ID_HIGH_OFFSET), buffer.getLong(STORE_ID_LOW_OFFSET)),
                generation,
                buffer.getLong(FIRST_FIELD_OFFSET),
                buffer.getLong(SECOND_FIELD_OFFSET));
    }

    private static void checkMagic(final Path path, final long magic) {
        if (magic == MAGIC) {
            return;
        }
        final String reason = magic == Long.reverseBytes(MAGIC)
                ? "file is in the other byte order"
                : magic == 0 ? "file starts with zeros" : "not a file of a store, or its start is damaged";
        throw new CorruptStoreException(reason + ": file=" + path + " offset=" + MAGIC_OFFSET + " expected="
                + Long.toHexString(MAGIC) + " found=" + Long.toHexString(magic));
    }

    private static void checkVersion(final Path path, final ByteBuffer buffer, final FileKind kind) {
        final int major = Short.toUnsignedInt(buffer.getShort(MAJOR_OFFSET));
        if (major > kind.major()) {
            throw new FormatTooNewException("format is newer than this version reads: file=" + path + " kind=" + kind
                    + " found=" + major + " supported=" + kind.oldestMajor() + ".." + kind.major()
                    + "; upgrade the library");
        }
        if (major < kind.oldestMajor()) {
            throw new FormatTooOldException("format is no longer read: file=" + path + " kind=" + kind + " found="
                    + major + " supported=" + kind.oldestMajor() + ".." + kind.major());
        }
        final int pageShift = buffer.get(PAGE_SHIFT_OFFSET);
        final int lineShift = buffer.get(LINE_SHIFT_OFFSET);
        if (pageShift != PageDescriptor.PAGE_SHIFT || lineShift != PageDescriptor.LINE_SHIFT) {
            throw new FormatTooNewException(
                    "page geometry not supported: file=" + path + " found page shift=" + pageShift
                            + " line shift=" + lineShift + " supported=" + PageDescriptor.PAGE_SHIFT + " and "
                            + PageDescriptor.LINE_SHIFT);
        }
        final int flags = buffer.getInt(FLAGS_OFFSET);
        if (flags != 0) {
            throw new FormatTooNewException("unknown flags: file=" + path + " offset=" + FLAGS_OFFSET + " found="
                    + Integer.toHexString(flags) + "; upgrade the library");
        }
    }
}
