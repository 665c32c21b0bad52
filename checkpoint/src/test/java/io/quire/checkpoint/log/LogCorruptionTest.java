/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import io.quire.store.errors.StateStoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogCorruptionTest {
    @TempDir
    Path root;

    private final SimulatedFiles files = new SimulatedFiles(1);
    private LogFixture fixture;
    private List<Change> all;

    @BeforeEach
    void setUp() {
        fixture = new LogFixture(root);
        fixture.files = files;
        fixture.settings = fixture.settings.withPreallocationLength(0);
    }

    @AfterEach
    void tearDown() {
        fixture.close();
    }

    /** Two small segments of several blocks each, of two incarnations; compressed blocks, a group and a long record. */
    private void writeTwoSegments() {
        fixture.open();
        writeBlocks(0);
        fixture.settings = fixture.settings.withCompressed(true);
        fixture.checkpointAndReopen();
        writeBlocks(100);
    }

    private void writeBlocks(final long firstKey) {
        for (int i = 0; i < 4; i++) {
            fixture.log.putLong(1, firstKey + i, i);
            fixture.agent.doWork();
        }
        fixture.log.beginGroup();
        for (int i = 4; i < 12; i++) {
            fixture.log.putLong(1, firstKey + i, 0);
        }
        fixture.log.commitGroup();
        fixture.agent.doWork();
        fixture.put(firstKey + 12, new byte[50]);
        fixture.agent.doWork();
    }

    private void rememberAll() {
        fixture.checkpointPosition = 0;
        fixture.replay().close();
        all = List.copyOf(fixture.replayed);
        assertThat(all).hasSize(26);
    }

    /** Everything, or an error that names the file and is about nothing else. */
    private boolean isFoundOrHarmless(final Path damaged, final String what) {
        try {
            fixture.replay().close();
        } catch (final CorruptStoreException | FormatTooNewException e) {
            assertThat(e.getMessage()).as(what).contains(damaged.getParent().toString());
            return true;
        }
        assertThat(fixture.replayed).as(what).isEqualTo(all);
        return false;
    }

    private int flipEveryByte() {
        int foundCount = 0;
        for (final Path segment : fixture.segments()) {
            final byte[] good = files.content(segment).clone();
            for (int i = 0; i < good.length; i++) {
                final byte[] bad = good.clone();
                bad[i] ^= (byte) (1 << (i % 8));
                files.setContent(segment, bad);
                foundCount += isFoundOrHarmless(segment, "byte " + i + " of " + segment) ? 1 : 0;
            }
            files.setContent(segment, good);
        }
        return foundCount;
    }

    private int totalLength() {
        return fixture.segments().stream()
                .mapToInt(path -> files.content(path).length)
                .sum();
    }

    @Test
    void shouldFindEveryFlippedByteWhileTheRingKnowsTheEnd() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        assertThat(flipEveryByte()).isEqualTo(totalLength());
    }

    @Test
    void shouldFindEveryFlippedByteOfAClosedLogExceptThoseOfTheSeal() {
        writeTwoSegments();
        fixture.shutDown();
        rememberAll();
        assertThat(flipEveryByte()).isBetween(totalLength() - LogBlockDescriptor.HEADER_LENGTH, totalLength());
    }

    @Test
    void shouldNotMindDamageBeforeTheCheckpoint() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        final Path first = fixture.segments().get(0);
        final byte[] good = files.content(first).clone();
        fixture.checkpointPosition = 4 * 32;
        all = all.subList(4, 26);
        // Blocks of one record are 72 bytes; the fifth is where the checkpoint is.
        for (int i = LogSegmentDescriptor.HEADER_LENGTH; i < LogSegmentDescriptor.HEADER_LENGTH + 4 * 72; i++) {
            final byte[] bad = good.clone();
            bad[i] ^= 1;
            files.setContent(first, bad);
            assertThat(isFoundOrHarmless(first, "byte " + i)).as("byte %d", i).isFalse();
        }
    }

    @Test
    void shouldFindEveryTruncationWhileTheRingKnowsTheEnd() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        for (final Path segment : fixture.segments()) {
            final byte[] good = files.content(segment).clone();
            for (int length = 0; length < good.length; length++) {
                files.setContent(segment, Arrays.copyOf(good, length));
                assertThat(isFoundOrHarmless(segment, "length " + length))
                        .as("length %d", length)
                        .isTrue();
            }
            files.setContent(segment, good);
        }
    }

    @Test
    void shouldFindTruncationsInFrontOfTheCheckpoint() {
        writeTwoSegments();
        final long end = fixture.log.position();
        fixture.shutDown();
        rememberAll();
        fixture.checkpointPosition = end;
        all = List.of();
        final Path newest = fixture.segments().get(1);
        final byte[] good = files.content(newest).clone();
        final int seal = good.length - LogBlockDescriptor.HEADER_LENGTH;
        for (int length = 0; length < good.length; length++) {
            files.setContent(newest, Arrays.copyOf(good, length));
            assertThat(isFoundOrHarmless(newest, "length " + length))
                    .as("length %d", length)
                    .isEqualTo(length < seal);
        }
    }

    @Test
    void shouldTakeATornBlockForTheTail() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        ChangeRing.delete(fixture.ringPath);
        final Path newest = fixture.segments().get(1);
        final byte[] good = files.content(newest).clone();
        for (int length = LogSegmentDescriptor.HEADER_LENGTH; length < good.length; length++) {
            final byte[] torn = Arrays.copyOf(Arrays.copyOf(good, length), good.length + 100);
            files.setContent(newest, torn);
            fixture.replay().close();
            assertThat(fixture.replayed.size()).isBetween(13, 26);
            assertThat(fixture.replayed).isEqualTo(all.subList(0, fixture.replayed.size()));
        }
    }

    @Test
    void shouldCutWhatWasNeverForcedBehindAHoleAfterARestart() {
        fixture.open();
        writeBlocks(0);
        fixture.kill();
        fixture.replay().close();
        all = List.copyOf(fixture.replayed);
        flipSecondBlock();
        assertThatThrownBy(fixture::replay)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("a valid block follows");
        fixture.bootIdHash++;
        fixture.open();
        assertThat(fixture.replayed).isEqualTo(all.subList(0, 1));
        assertThat(fixture.report.ignoredLength()).isPositive();
        fixture.log.putLong(1, 5, 5);
        fixture.kill();
        fixture.open();
        assertThat(fixture.replayedLongs()).containsExactly(0L, 5L);
        assertThat(fixture.report.ignoredLength()).isZero();
    }

    @Test
    void shouldFindAHoleInWhatWasForcedAfterARestart() {
        fixture.settings = LogSettings.defaults(Durability.GROUP).withBatch(0, 0);
        fixture.open();
        writeBlocks(0);
        fixture.kill();
        flipSecondBlock();
        fixture.bootIdHash++;
        assertThatThrownBy(fixture::replay)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("offset=" + (LogSegmentDescriptor.HEADER_LENGTH + 72))
                .hasMessageContaining("expected=a block at position 32");
    }

    private void flipSecondBlock() {
        final Path segment = fixture.segments().get(0);
        final byte[] bad = files.content(segment).clone();
        bad[LogSegmentDescriptor.HEADER_LENGTH + 72 + 50] ^= 1;
        files.setContent(segment, bad);
    }

    @Test
    void shouldGoOnBehindATornTail() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        ChangeRing.delete(fixture.ringPath);
        final Path newest = fixture.segments().get(1);
        final byte[] torn = files.content(newest).clone();
        Arrays.fill(torn, torn.length - 20, torn.length, (byte) 7);
        files.setContent(newest, torn);
        fixture.open();
        assertThat(fixture.replayed).isEqualTo(all.subList(0, 25));
        fixture.log.putLong(1, 999, 1);
        fixture.agent.doWork();
        fixture.kill();
        fixture.replay().close();
        assertThat(fixture.replayed).hasSize(26);
        assertThat(fixture.replayed.get(25).keyAsLong()).isEqualTo(999);
        assertThat(verify().problems()).isEmpty();
    }

    @Test
    void shouldNotMindZerosAndGarbageBehindTheEnd() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        final Path newest = fixture.segments().get(1);
        final byte[] good = files.content(newest).clone();
        for (final int value : new int[] {0, 0xFF, 0x51}) {
            final byte[] extended = Arrays.copyOf(good, good.length + 5000);
            Arrays.fill(extended, good.length, extended.length, (byte) value);
            files.setContent(newest, extended);
            assertThat(isFoundOrHarmless(newest, "extended")).isFalse();
        }
    }

    @Test
    void shouldRefuseSwappedForeignAndNewerSegments() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        final Path first = fixture.segments().get(0);
        final Path second = fixture.segments().get(1);
        final byte[] firstBytes = files.content(first);
        final byte[] secondBytes = files.content(second);
        files.setContent(first, secondBytes);
        files.setContent(second, firstBytes);
        assertThatThrownBy(fixture::replay)
                .hasMessageContaining("start position mismatch")
                .hasMessageContaining("offset=40");
        files.setContent(first, patchHeader(firstBytes, 16, (byte) 1));
        files.setContent(second, secondBytes);
        assertThatThrownBy(fixture::replay)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("belongs to another store")
                .hasMessageContaining(first.toString());
        files.setContent(first, patchHeader(firstBytes, 10, (byte) 2));
        assertThatThrownBy(fixture::replay).isInstanceOf(FormatTooNewException.class);
        files.setContent(first, firstBytes);
        files.setContent(second, patchHeader(secondBytes, 64, (byte) 1));
        assertThatThrownBy(fixture::replay)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("does not continue the one before");
        files.setContent(second, patchHeader(secondBytes, 8, (byte) 1));
        assertThatThrownBy(fixture::replay)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("wrong kind of file");
    }

    /** Changes a byte of a header and makes its checksums fit again. */
    private static byte[] patchHeader(final byte[] good, final int offset, final byte value) {
        final byte[] bad = good.clone();
        bad[offset] = (byte) (bad[offset] == value ? value + 1 : value);
        final ByteBuffer buffer = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
        final CRC32C crc = new CRC32C();
        crc.update(bad, 0, 60);
        buffer.putInt(60, (int) crc.getValue());
        crc.reset();
        crc.update(bad, 0, 76);
        buffer.putInt(76, (int) crc.getValue());
        return bad;
    }

    @Test
    void shouldSurviveHostileBlocksWhoseChecksumsFit() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println(
                "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=LogCorruptionTest -Dseed=" + seed);
        final Random random = new Random(seed);
        for (int round = 0; round < 4000; round++) {
            final Path segment = fixture.segments().get(random.nextInt(2));
            final byte[] good = files.content(segment).clone();
            final byte[] bad = good.clone();
            final List<Integer> blocks = blockOffsets(bad);
            final int block = blocks.get(random.nextInt(blocks.size()));
            if (random.nextBoolean()) {
                mutateHeader(bad, block, random);
            } else {
                final int storedLength = intAt(bad, block + LogBlockDescriptor.STORED_LENGTH_OFFSET);
                bad[block + LogBlockDescriptor.HEADER_LENGTH + random.nextInt(storedLength)] ^=
                        (byte) (1 << random.nextInt(8));
            }
            fixChecksums(bad, block);
            files.setContent(segment, bad);
            try {
                fixture.replay().close();
            } catch (final StateStoreException e) {
                assertThat(e).isInstanceOf(CorruptStoreException.class);
            }
            new LogVerifier(files, fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash).verify();
            files.setContent(segment, good);
        }
    }

    private static void mutateHeader(final byte[] bytes, final int block, final Random random) {
        final int[] fields = {4, 8, 12, 16, 24, 28};
        final int[] values = {0, 1, -1, 8, Integer.MAX_VALUE, Integer.MIN_VALUE, 4194304, 4194312, random.nextInt()};
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(block + fields[random.nextInt(fields.length)], values[random.nextInt(values.length)]);
    }

    private static int intAt(final byte[] bytes, final int offset) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    private static List<Integer> blockOffsets(final byte[] bytes) {
        final List<Integer> offsets = new ArrayList<>();
        int offset = LogSegmentDescriptor.HEADER_LENGTH;
        while (offset + LogBlockDescriptor.HEADER_LENGTH <= bytes.length
                && intAt(bytes, offset) == LogBlockDescriptor.MAGIC) {
            offsets.add(offset);
            offset += LogBlockDescriptor.blockLength(intAt(bytes, offset + LogBlockDescriptor.STORED_LENGTH_OFFSET));
        }
        return offsets;
    }

    private static void fixChecksums(final byte[] bytes, final int block) {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final LogBlockChecksum checksum = new LogBlockChecksum(new LogIdentity(
                LogFixture.STORE_ID, buffer.getLong(io.quire.checkpoint.io.FileHeaderDescriptor.GENERATION_OFFSET), 0));
        final int storedLength = buffer.getInt(block + LogBlockDescriptor.STORED_LENGTH_OFFSET);
        final int body = block + LogBlockDescriptor.HEADER_LENGTH;
        if (storedLength >= 0 && storedLength <= bytes.length - body) {
            buffer.putInt(block + LogBlockDescriptor.BODY_CRC_OFFSET, checksum.ofBody(buffer, body, storedLength));
        }
        buffer.clear();
        final int headerChecksum = checksum.ofHeader(buffer, block);
        buffer.clear();
        buffer.putInt(block + LogBlockDescriptor.HEADER_CRC_OFFSET, headerChecksum);
    }

    private LogVerification verify() {
        return new LogVerifier(files, fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash).verify();
    }

    @Test
    void shouldNameEveryDamagedPlaceAndReadOnBehindIt() {
        writeTwoSegments();
        fixture.kill();
        rememberAll();
        assertThat(verify().problems()).isEmpty();
        assertThat(verify().recordCount()).isEqualTo(26);
        assertThat(verify().segmentCount()).isEqualTo(2);
        final Path first = fixture.segments().get(0);
        final Path second = fixture.segments().get(1);
        final byte[] bad = files.content(first).clone();
        bad[LogSegmentDescriptor.HEADER_LENGTH + 50] ^= 1; // first block
        bad[LogSegmentDescriptor.HEADER_LENGTH + 2 * 72] ^= 1; // third block
        files.setContent(first, bad);
        final byte[] badSecond = files.content(second).clone();
        badSecond[LogSegmentDescriptor.HEADER_LENGTH + 72 + 9] ^= 1;
        files.setContent(second, badSecond);
        final LogVerification verification = verify();
        assertThat(verification.problems())
                .extracting(problem -> problem.path().getFileName() + ":" + problem.offset())
                .containsExactly(
                        first.getFileName() + ":80",
                        first.getFileName() + ":" + (80 + 2 * 72),
                        second.getFileName() + ":" + (80 + 72));
        assertThat(verification.recordCount()).isEqualTo(23);
    }

    @Test
    void shouldNameADamagedHeaderAndAMissingSegment() {
        writeTwoSegments();
        fixture.checkpointAndReopen();
        writeBlocks(200);
        fixture.shutDown();
        final List<Path> segments = fixture.segments();
        final byte[] good = files.content(segments.get(1));
        files.remove(segments.get(1));
        assertThat(verify().problems()).hasSize(1);
        assertThat(verify().problems().get(0).path()).isEqualTo(segments.get(0));
        assertThat(verify().problems().get(0).message()).contains("follows");
        final byte[] bad = good.clone();
        bad[20] ^= 1;
        files.setContent(segments.get(1), bad);
        assertThat(verify().problems()).hasSize(1);
        assertThat(verify().problems().get(0).message()).contains("header checksum");
    }

    private void goOnAndReopen(final String what) {
        fixture.isLossAccepted = true;
        fixture.open();
        final List<Change> kept = List.copyOf(fixture.replayed);
        assertThat(kept).as(what).isEqualTo(all.subList(0, kept.size()));
        fixture.log.putLong(1, 777, 1);
        fixture.agent.doWork();
        fixture.log.putLong(1, 778, 1);
        fixture.kill();
        fixture.isLossAccepted = false;
        fixture.open();
        assertThat(fixture.replayed).as(what).hasSize(kept.size() + 2);
        assertThat(fixture.replayed.subList(0, kept.size())).as(what).isEqualTo(kept);
        assertThat(verify().problems()).as(what).isEmpty();
        fixture.kill();
    }

    private void restore(final List<Path> segments, final List<byte[]> contents) {
        fixture.segments().forEach(files::remove);
        for (int i = 0; i < segments.size(); i++) {
            files.setContent(segments.get(i), contents.get(i));
        }
    }

    private List<byte[]> writeThreeSegments(final Durability durability) {
        writeTwoSegments();
        fixture.settings = LogSettings.defaults(durability).withPreallocationLength(0);
        fixture.checkpointAndReopen();
        writeBlocks(200);
        fixture.kill();
        fixture.replay().close();
        all = List.copyOf(fixture.replayed);
        assertThat(all).hasSize(39);
        return fixture.segments().stream()
                .map(path -> files.content(path).clone())
                .toList();
    }

    @Test
    void shouldEndTheLogAtAnyDamageWhenLossIsAccepted() {
        final List<byte[]> good = writeThreeSegments(Durability.PROCESS);
        final List<Path> segments = fixture.segments();
        for (int damaged = 0; damaged < 3; damaged++) {
            for (int i = 0; i < good.get(damaged).length; i += 7) {
                restore(segments, good);
                final byte[] bad = good.get(damaged).clone();
                bad[i] ^= 0x20;
                files.setContent(segments.get(damaged), bad);
                goOnAndReopen("byte " + i + " of segment " + damaged);
            }
        }
    }

    @Test
    void shouldEndTheLogBehindARolledSegmentWhenTheNextIsDamagedOrMissingAndLossIsAccepted() {
        fixture.settings = fixture.settings.withSegmentLength(LogSettings.MIN_SEGMENT_LENGTH);
        fixture.open();
        for (int i = 0; i < 10_000; i++) {
            fixture.log.putLong(1, i, i);
        }
        fixture.agent.doWork();
        fixture.kill();
        fixture.replay().close();
        all = List.copyOf(fixture.replayed);
        final List<Path> segments = fixture.segments();
        assertThat(segments).hasSizeGreaterThan(3);
        final List<byte[]> good =
                segments.stream().map(path -> files.content(path).clone()).toList();
        final byte[] bad = good.get(2).clone();
        bad[20] ^= 1;
        for (final boolean isMissing : new boolean[] {false, true}) {
            restore(segments, good);
            if (isMissing) {
                files.remove(segments.get(2));
                segments.subList(3, segments.size()).forEach(files::remove);
            } else {
                files.setContent(segments.get(2), bad);
            }
            assertThatThrownBy(fixture::replay).isInstanceOf(CorruptStoreException.class);
            goOnAndReopen(isMissing ? "missing" : "damaged");
        }
    }

    @Test
    void shouldNeitherGiveUpNorDeleteSegmentsOfANewerFormatWhenLossIsAccepted() {
        writeTwoSegments();
        fixture.kill();
        final Path second = fixture.segments().get(1);
        final byte[] newer = patchHeader(files.content(second), 10, (byte) 2);
        files.setContent(second, newer);
        fixture.isLossAccepted = true;
        assertThatThrownBy(fixture::open).isInstanceOf(FormatTooNewException.class);
        assertThat(files.content(second)).isEqualTo(newer);
        final Path first = fixture.segments().get(0);
        final byte[] good = files.content(first).clone();
        final byte[] bad = good.clone();
        bad[40] ^= 1;
        files.setContent(first, bad); // damage in front of it makes no difference
        assertThatThrownBy(fixture::open).isInstanceOf(FormatTooNewException.class);
        files.setContent(first, good);
        new LogRetention(files, fixture.directory, LogFixture.STORE_ID).deleteBefore(Long.MAX_VALUE);
        assertThat(files.content(second)).isEqualTo(newer);
    }

    @Test
    void shouldEndTheLogAtAMissingSegmentWhenLossIsAccepted() {
        for (final Durability durability : List.of(Durability.PROCESS, Durability.GROUP)) {
            files.names().forEach(name -> files.remove(fixture.directory.resolve(name)));
            ChangeRing.delete(fixture.ringPath);
            final List<byte[]> good = writeThreeSegments(durability);
            final List<Path> segments = fixture.segments();
            for (int missing = 0; missing < segments.size(); missing++) {
                restore(segments, good);
                files.remove(segments.get(missing));
                goOnAndReopen(durability + " segment " + missing);
            }
        }
    }
}
