/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.Lz4;
import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.agrona.BufferUtil;
import org.agrona.CloseHelper;

/**
 * Reads the blocks of one log segment through private memory. Whether bytes that are no valid block are the end of
 * the log or a hole in it is for the caller to decide; this class says what is wrong with them, and what follows them.
 *
 * <p>Threading: confined to one thread.
 */
final class LogSegmentReader implements AutoCloseable {
    private static final int MIN_WINDOW_LENGTH = 16 * 1024;
    private static final int MAX_WINDOW_LENGTH = 1024 * 1024;

    private final StoreFile file;
    private final LogSegmentHeader header;
    private final LogBlockChecksum checksum;
    private ByteBuffer window;
    private long windowOffset; // offset in the file of the window's first byte
    private int windowLength; // bytes of the file in the window
    private ByteBuffer decompressed; // of the block read last, when it was compressed

    private long offset = LogSegmentDescriptor.HEADER_LENGTH; // of the block expected next
    private String invalidReason = "";

    // The block whose header was read last.
    private int flags;
    private long startPosition;
    private long durablePosition;
    private int rawLength;
    private int storedLength;
    private int bodyChecksum;
    private int headerChecksum;
    private long bodyPointer;

    LogSegmentReader(final StoreFiles files, final Path path, final LogSegmentHeader header) {
        this.header = header;
        checksum = new LogBlockChecksum(header.identity());
        file = files.openRead(path);
        try {
            window = direct((int) Math.min(MAX_WINDOW_LENGTH, Math.max(MIN_WINDOW_LENGTH, file.size())));
        } catch (final RuntimeException e) {
            CloseHelper.close(e::addSuppressed, file);
            throw e;
        }
    }

    private static ByteBuffer direct(final int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    LogSegmentHeader header() {
        return header;
    }

    Path path() {
        return file.path();
    }

    /** Offset in the file of the block whose header was read, or that is expected. */
    long offset() {
        return offset;
    }

    /** What is wrong with the bytes at {@link #offset}, after a read returned false. */
    String invalidReason() {
        return invalidReason;
    }

    boolean isSeal() {
        return (flags & LogBlockDescriptor.FLAG_SEAL) != 0;
    }

    boolean isRolled() {
        return (flags & LogBlockDescriptor.FLAG_ROLLED) != 0;
    }

    long startPosition() {
        return startPosition;
    }

    long durablePosition() {
        return durablePosition;
    }

    long endPosition() {
        return startPosition + rawLength;
    }

    int headerChecksum() {
        return headerChecksum;
    }

    /** Native pointer to the records of the block whose body was read; valid until the next call. */
    long bodyPointer() {
        return bodyPointer;
    }

    /** Forgets what was read of the file, which a live writer may have changed since. */
    void refresh() {
        windowLength = 0;
    }

    /** Reads the header of the block at the current offset; true when it is valid and at the position expected. */
    boolean readHeader(final long expectedPosition) {
        if (!readHeaderAt(offset)) {
            return false;
        }
        if (startPosition != expectedPosition) {
            return invalid("block position expected=" + expectedPosition + " found=" + startPosition);
        }
        return true;
    }

    private boolean readHeaderAt(final long at) {
        final int index = load(at, LogBlockDescriptor.HEADER_LENGTH);
        if (index < 0) {
            return invalid("end of file: length=" + file.size());
        }
        final int magic = window.getInt(index + LogBlockDescriptor.MAGIC_OFFSET);
        if (magic != LogBlockDescriptor.MAGIC) {
            return invalid("block magic expected=0x" + Integer.toHexString(LogBlockDescriptor.MAGIC) + " found=0x"
                    + Integer.toHexString(magic));
        }
        final int found = window.getInt(index + LogBlockDescriptor.HEADER_CRC_OFFSET);
        final int expected = checksum.ofHeader(window, index);
        window.clear();
        if (expected != found) {
            return invalid("block header checksum expected=0x" + Integer.toHexString(expected) + " found=0x"
                    + Integer.toHexString(found));
        }
        flags = window.getInt(index + LogBlockDescriptor.FLAGS_OFFSET);
        startPosition = window.getLong(index + LogBlockDescriptor.START_POSITION_OFFSET);
        durablePosition = window.getLong(index + LogBlockDescriptor.DURABLE_POSITION_OFFSET);
        rawLength = window.getInt(index + LogBlockDescriptor.RAW_LENGTH_OFFSET);
        storedLength = window.getInt(index + LogBlockDescriptor.STORED_LENGTH_OFFSET);
        bodyChecksum = window.getInt(index + LogBlockDescriptor.BODY_CRC_OFFSET);
        headerChecksum = found;
        return areFieldsInRange(at);
    }

    private boolean areFieldsInRange(final long at) {
        final boolean isCompressed = (flags & LogBlockDescriptor.FLAG_COMPRESSED) != 0;
        final boolean isLengthValid = isSeal()
                ? rawLength == 0 && storedLength == 0
                : rawLength > 0
                        && rawLength <= LogBlockDescriptor.MAX_RAW_LENGTH
                        && storedLength > 0
                        && (isCompressed ? storedLength < rawLength : storedLength == rawLength);
        if ((flags & ~LogBlockDescriptor.KNOWN_FLAGS) != 0
                || !isLengthValid
                || ((rawLength | startPosition) & (LogBlockDescriptor.ALIGNMENT - 1)) != 0
                || startPosition < 0
                || startPosition > Long.MAX_VALUE - rawLength) {
            return invalid("block header out of range: flags=" + flags + " position=" + startPosition + " raw length="
                    + rawLength + " stored length=" + storedLength);
        }
        if (at + LogBlockDescriptor.blockLength(storedLength) > file.size()) {
            return invalid("block ends behind the file: stored length=" + storedLength + " file length=" + file.size());
        }
        return true;
    }

    /** Reads the body of the block whose header was read; true when it is valid. Moves on to the next block. */
    boolean readBody() {
        final int index = load(offset, LogBlockDescriptor.blockLength(storedLength));
        if (index < 0) {
            return invalid("end of file: length=" + file.size());
        }
        final int body = index + LogBlockDescriptor.HEADER_LENGTH;
        final int found = checksum.ofBody(window, body, storedLength);
        window.clear();
        if (found != bodyChecksum) {
            return invalid("block body checksum expected=0x" + Integer.toHexString(bodyChecksum) + " found=0x"
                    + Integer.toHexString(found));
        }
        for (int i = storedLength; i < LogBlockDescriptor.alignedLength(storedLength); i++) {
            if (window.get(body + i) != 0) {
                return invalid("block padding is not zero");
            }
        }
        if ((flags & LogBlockDescriptor.FLAG_COMPRESSED) == 0) {
            bodyPointer = BufferUtil.address(window) + body;
        } else {
            decompress(body);
        }
        skipBody();
        return true;
    }

    /** Moves on to the next block without reading the body. */
    void skipBody() {
        offset += LogBlockDescriptor.blockLength(storedLength);
    }

    private void decompress(final int body) {
        if (decompressed == null || decompressed.capacity() < rawLength) {
            BufferUtil.free(decompressed);
            decompressed = direct(Math.max(rawLength, 64 * 1024));
        }
        int length = -1;
        LZ4Exception cause = null;
        try {
            final LZ4SafeDecompressor decompressor = Lz4.factory().safeDecompressor();
            length = decompressor.decompress(window, body, storedLength, decompressed, 0, rawLength);
        } catch (final LZ4Exception e) {
            cause = e;
        }
        if (length != rawLength) {
            throw new CorruptStoreException(
                    "log block cannot be decompressed: file=" + path() + " offset=" + offset + " expected length="
                            + rawLength + " found=" + length + "; its checksum holds, so it was written this way",
                    cause);
        }
        bodyPointer = BufferUtil.address(decompressed);
    }

    /**
     * Looks for the next valid block header behind an offset, one that starts after a position.
     *
     * @return its offset, with the header's fields readable, or -1
     */
    long findHeader(final long afterOffset, final long afterPosition) {
        final String reason = invalidReason;
        long at = afterOffset + LogBlockDescriptor.ALIGNMENT;
        while (true) {
            at = findMagic(at);
            if (at < 0 || (readHeaderAt(at) && startPosition > afterPosition)) {
                invalidReason = reason;
                return at;
            }
            at += LogBlockDescriptor.ALIGNMENT;
        }
    }

    private long findMagic(final long from) {
        long at = from;
        while (true) {
            final int index = load(at, LogBlockDescriptor.HEADER_LENGTH);
            if (index < 0) {
                return -1;
            }
            final int end = windowLength - LogBlockDescriptor.HEADER_LENGTH;
            for (int i = index; i <= end; i += LogBlockDescriptor.ALIGNMENT) {
                if (window.getInt(i) == LogBlockDescriptor.MAGIC) {
                    return windowOffset + i;
                }
            }
            at += ((end - index) / LogBlockDescriptor.ALIGNMENT + 1) * (long) LogBlockDescriptor.ALIGNMENT;
        }
    }

    /** Continues at a block found by {@link #findHeader}. */
    void moveTo(final long newOffset) {
        offset = newOffset;
    }

    /** Makes a range of the file readable in the window; its index there, or -1 when the file ends before. */
    private int load(final long at, final int length) {
        if (at < windowOffset || at + length > windowOffset + windowLength) {
            final long size = file.size();
            if (at + length > size) {
                return -1;
            }
            if (length > window.capacity()) {
                BufferUtil.free(window);
                window = direct(length);
            }
            windowLength = 0;
            window.clear().limit((int) Math.min(window.capacity(), size - at));
            file.read(at, window);
            windowOffset = at;
            windowLength = window.position();
            window.clear();
        }
        return (int) (at - windowOffset);
    }

    /** Treats the block at the current offset as invalid; returns false. */
    boolean refuse(final String reason) {
        return invalid(reason);
    }

    private boolean invalid(final String reason) {
        invalidReason = reason;
        return false;
    }

    @Override
    public void close() {
        file.close();
        BufferUtil.free(window);
        BufferUtil.free(decompressed);
    }
}
