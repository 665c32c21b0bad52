/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.Lz4;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import net.jpountz.lz4.LZ4Exception;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compressed blocks whose checksums hold, whatever is in them: written by a defect, or by somebody who means harm. */
class LogSegmentReaderTest {
    private static final LogIdentity IDENTITY = new LogIdentity(new UUID(3, 4), 1L << 32, 5);
    private static final LogSegmentHeader HEADER = new LogSegmentHeader(IDENTITY, 0, 0, false);
    private static final int LENGTH = 4096;

    @TempDir
    Path directory;

    private final LogBlockChecksum checksum = new LogBlockChecksum(IDENTITY);
    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** A block with checksums that hold. */
    private ByteBuffer block(final long position, final int rawLength, final byte[] body, final int storedLength) {
        final ByteBuffer block = ByteBuffer.allocate(
                        LogBlockDescriptor.HEADER_LENGTH + LogBlockDescriptor.alignedLength(body.length))
                .order(ByteOrder.LITTLE_ENDIAN);
        block.putInt(LogBlockDescriptor.MAGIC_OFFSET, LogBlockDescriptor.MAGIC);
        block.putInt(LogBlockDescriptor.FLAGS_OFFSET, LogBlockDescriptor.FLAG_COMPRESSED);
        block.putLong(LogBlockDescriptor.START_POSITION_OFFSET, position);
        block.putInt(LogBlockDescriptor.RAW_LENGTH_OFFSET, rawLength);
        block.putInt(LogBlockDescriptor.STORED_LENGTH_OFFSET, storedLength);
        block.position(LogBlockDescriptor.HEADER_LENGTH).put(body);
        block.putInt(
                LogBlockDescriptor.BODY_CRC_OFFSET,
                checksum.ofBody(block, LogBlockDescriptor.HEADER_LENGTH, body.length));
        block.clear();
        final int header = checksum.ofHeader(block, 0);
        block.clear();
        return block.putInt(LogBlockDescriptor.HEADER_CRC_OFFSET, header);
    }

    private ByteBuffer block(final int rawLength, final byte[] body) {
        return block(0, rawLength, body, body.length);
    }

    private LogSegmentReader open(final ByteBuffer... blocks) throws IOException {
        final Path path = LogSegmentDescriptor.path(directory, 0);
        Files.write(path, HEADER.encode().array());
        for (final ByteBuffer block : blocks) {
            Files.write(path, block.array(), java.nio.file.StandardOpenOption.APPEND);
        }
        return new LogSegmentReader(new DiskStoreFiles(), path, HEADER);
    }

    /** Bytes with repetitions. */
    private byte[] records(final int length) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 7 == 0 ? random.nextInt() : i % 50);
        }
        return bytes;
    }

    private static byte[] compress(final byte[] bytes) {
        return Lz4.factory().fastCompressor().compress(bytes);
    }

    private static byte[] found(final LogSegmentReader reader) {
        final byte[] bytes = new byte[(int) (reader.endPosition() - reader.startPosition())];
        RawMemory.copy(null, reader.bodyPointer(), bytes, RawMemory.ARRAY_OFFSET, bytes.length);
        return bytes;
    }

    private void refuses(final ByteBuffer block, final int expected, final int foundLength) throws IOException {
        try (LogSegmentReader reader = open(block)) {
            assertThat(reader.readHeader(0)).isTrue();
            assertThatThrownBy(reader::readBody)
                    .as("seed=%d", seed)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("file=" + reader.path() + " offset=" + LogSegmentDescriptor.HEADER_LENGTH)
                    .hasMessageContaining("expected length=" + expected + " found=" + foundLength)
                    .satisfies(e -> {
                        if (foundLength < 0) {
                            assertThat(e).hasCauseInstanceOf(LZ4Exception.class);
                        }
                    });
        }
    }

    @Test
    void shouldGiveEachBlockItsOwnBytesWhateverWasReadBefore() throws IOException {
        final byte[] longer = records(200_000);
        final byte[] shorter = records(400);
        final byte[] body = compress(shorter);
        try (LogSegmentReader reader =
                open(block(longer.length, compress(longer)), block(longer.length, 400, body, body.length))) {
            assertThat(reader.readHeader(0)).isTrue();
            assertThat(reader.readBody()).isTrue();
            assertThat(found(reader)).isEqualTo(longer);
            assertThat(reader.readHeader(longer.length)).isTrue();
            assertThat(reader.readBody()).isTrue();
            assertThat(found(reader)).isEqualTo(shorter);
        }
    }

    @Test
    void shouldRefuseWhatIsLongerOrShorterThanItsHeaderSays() throws IOException {
        final byte[] bytes = records(LENGTH);
        final byte[] body = compress(bytes);
        refuses(block(LENGTH + 8, body), LENGTH + 8, LENGTH);
        refuses(block(LENGTH - 8, body), LENGTH - 8, -1);
        final byte[] bomb = compress(new byte[64 << 20]); // 64 MiB, from a body of a quarter
        refuses(block(LogBlockDescriptor.MAX_RAW_LENGTH, bomb), LogBlockDescriptor.MAX_RAW_LENGTH, -1);
    }

    @Test
    void shouldRefuseABodyCutAnywhere() throws IOException {
        final byte[] bytes = records(LENGTH);
        final byte[] body = compress(bytes);
        for (int length = 1; length < body.length; length += 7) {
            try (LogSegmentReader reader = open(block(LENGTH, Arrays.copyOf(body, length)))) {
                assertThat(reader.readHeader(0)).isTrue();
                assertThatThrownBy(reader::readBody)
                        .as("seed=%d length=%d", seed, length)
                        .isInstanceOf(CorruptStoreException.class)
                        .hasMessageContaining("cannot be decompressed");
            }
        }
    }

    /** What still has the right length cannot be told from records; nothing but that may come of it. */
    @Test
    void shouldTakeAnyDamageForDamage() throws IOException {
        final byte[] body = compress(records(LENGTH));
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            final byte[] bad = body.clone();
            final int count = 1 + random.nextInt(4);
            for (int j = 0; j < count; j++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            if (i % 5 == 0) {
                random.nextBytes(bad);
            }
            try (LogSegmentReader reader = open(block(LENGTH, bad))) {
                assertThat(reader.readHeader(0)).isTrue();
                assertThat(reader.readBody()).isTrue();
                assertThat(found(reader)).hasSize(LENGTH);
            } catch (final CorruptStoreException e) {
                assertThat(e).as("seed=%d", seed).hasMessageContaining("expected length=" + LENGTH);
                refused++;
            }
        }
        assertThat(refused).as("seed=%d", seed).isGreaterThan(100);
    }

    @Test
    void shouldRefuseLengthsOutOfRangeBeforeAnythingIsTakenForThem() throws IOException {
        final byte[] body = compress(records(LENGTH));
        for (final int rawLength : new int[] {
            LogBlockDescriptor.MAX_RAW_LENGTH + 8,
            Integer.MAX_VALUE & -8,
            Integer.MIN_VALUE,
            -8,
            0,
            LENGTH + 1,
            body.length & -8
        }) {
            try (LogSegmentReader reader = open(block(rawLength, body))) {
                assertThat(reader.readHeader(0)).as("rawLength=%d", rawLength).isFalse();
                assertThat(reader.invalidReason()).isNotEmpty();
            }
        }
        for (final int storedLength : new int[] {-1, 0, LENGTH, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            try (LogSegmentReader reader = open(block(0, LENGTH, body, storedLength))) {
                assertThat(reader.readHeader(0))
                        .as("storedLength=%d", storedLength)
                        .isFalse();
            }
        }
        try (LogSegmentReader reader = open(block(0, LENGTH, body, LENGTH - 8))) { // more than the file has
            assertThat(reader.readHeader(0)).isFalse();
            assertThat(reader.invalidReason()).contains("ends behind the file");
        }
    }

    /** A checksum that holds is proof that it was written so: no torn end, even where nothing follows. */
    @Test
    void shouldNotTakeItForTheEndOfTheLogUnlessLossIsAccepted() throws IOException {
        final byte[] good = compress(records(LENGTH));
        final byte[] bad = Arrays.copyOf(good, good.length - 1);
        open(block(LENGTH, good), block(LENGTH, LENGTH, bad, bad.length)).close();
        for (final boolean isLossAccepted : new boolean[] {false, true}) {
            try (LogReader reader = new LogReader(
                    new DiskStoreFiles(), directory, IDENTITY.storeId(), IDENTITY.bootIdHash(), 0, isLossAccepted)) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.length()).isEqualTo(LENGTH);
                if (isLossAccepted) {
                    assertThat(reader.next()).isFalse();
                    assertThat(reader.position()).isEqualTo(LENGTH);
                    assertThat(reader.acceptedProblem()).contains("cannot be decompressed");
                } else {
                    assertThatThrownBy(reader::next)
                            .isInstanceOf(CorruptStoreException.class)
                            .hasMessageContaining("cannot be decompressed");
                }
            }
        }
    }
}
