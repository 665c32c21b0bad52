/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import io.quire.store.errors.FormatTooOldException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever is done to a checkpoint file: found before a wrong line is delivered, named with file and offset, no other
 * harm.
 */
class CheckpointFileCorruptionTest {
    private static final UUID STORE_ID = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
    private static final Path DIRECTORY = Path.of("/store");
    private static final int ENTRIES = 20;
    private static final int PAGE_LIMIT = 47;

    private final FaultStoreFiles files = new FaultStoreFiles();
    private final long target = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final PageImages model = new PageImages();
    private CheckpointFileInfo info;
    private Path path;
    private byte[] good;

    @BeforeEach
    void writeGoodFile() {
        files.createDirectories(DIRECTORY);
        info = write(1, 9, model, true);
        path = DIRECTORY.resolve(info.fileName());
        good = files.content(path);
    }

    @AfterEach
    void freeMemory() {
        RawMemory.free(target);
        assertThat(files.openHandles()).isEmpty();
    }

    /** A file with compressed and raw blocks, some in parts, some out of order. */
    private CheckpointFileInfo write(
            final long number, final long checkpointId, final PageImages pages, final boolean compress) {
        final Random random = new Random(number);
        final CheckpointFileSettings settings = CheckpointFileSettings.defaults()
                .withBlockLength(PageDescriptor.PAGE_LENGTH)
                .withCompression(compress);
        final CheckpointFileIdentity identity =
                new CheckpointFileIdentity(STORE_ID, number, checkpointId, checkpointId);
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, DIRECTORY, identity, settings)) {
            for (int i = 0; i < ENTRIES; i++) {
                final int page = i * 37 % PAGE_LIMIT;
                final long mask = mask(i, random);
                pages.scribble(random, page, mask);
                pages.copyLines(page, -1L, target);
                writer.appendFromPage(page, mask, target);
            }
            return writer.finish();
        }
    }

    private static long mask(final int entry, final Random random) {
        return switch (entry) {
            case 3, 4, 5, 6 -> 0xffff_ffffL << entry; // two of them fill a block
            case 8 -> -1L;
            case 10 -> 0xfff0L;
            default -> 1L << entry | 1L << random.nextInt(64);
        };
    }

    private enum Outcome {
        DETECTED,
        HARMLESS
    }

    /** Reads everything there is to read; fails on wrong data and on any exception that is not ours. */
    private Outcome readAll(final CheckpointFileInfo expected) {
        boolean detected = false;
        try (PageChain chain = PageChain.open(files, DIRECTORY, List.of(expected))) {
            for (int page = 0; page < PAGE_LIMIT + 5; page++) {
                try {
                    chain.load(page, target);
                    assertThat(model.equalsPage(page, target))
                            .as("page %d", page)
                            .isTrue();
                } catch (final StateStoreException e) {
                    checkMessage(e);
                    detected = true;
                }
            }
            detected |= fails(() -> chain.file(0).walk((page, mask, lines) -> {}));
            detected |= fails(() -> iterate(chain.file(0)));
            final List<FileProblem> problems = new ArrayList<>();
            chain.file(0).verify(problems::add);
            problems.forEach(problem -> assertThat(problem.message()).contains(path.toString(), "offset="));
            assertThat(problems.isEmpty())
                    .as("verify notices what reading noticed")
                    .isEqualTo(!detected);
        } catch (final StateStoreException e) {
            checkMessage(e);
            return Outcome.DETECTED;
        }
        return detected ? Outcome.DETECTED : Outcome.HARMLESS;
    }

    private void iterate(final CheckpointFileReader reader) {
        try (PageEntries entries = reader.entries(2)) {
            while (entries.next()) {
                model.copyLines(entries.page(), -1L, target);
                LineRuns.clear(entries.mask(), target);
                entries.readLines(-1L, target);
                assertThat(model.equalsPage(entries.page(), target)).isTrue();
            }
        }
    }

    private boolean fails(final Runnable action) {
        try {
            action.run();
            return false;
        } catch (final StateStoreException e) {
            checkMessage(e);
            return true;
        }
    }

    private void checkMessage(final StateStoreException e) {
        assertThat(e.getMessage()).contains(path.toString());
        if (e instanceof CorruptStoreException && !e.getMessage().contains("missing")) {
            assertThat(e.getMessage()).contains("offset=");
        }
    }

    @Test
    void shouldReadTheGoodFile() {
        assertThat(readAll(info)).isEqualTo(Outcome.HARMLESS);
    }

    @Test
    void shouldDetectEveryFlippedByte() {
        final Random random = new Random(5);
        for (int i = 0; i < good.length; i++) {
            final byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << random.nextInt(8));
            files.setContent(path, bad);
            assertThat(readAll(info)).as("byte %d", i).isEqualTo(Outcome.DETECTED);
        }
    }

    @Test
    void shouldDetectEveryLengthButTheRightOne() {
        for (int length = 0; length < good.length; length++) {
            files.setContent(path, Arrays.copyOf(good, length));
            assertThatThrownBy(() -> CheckpointFileReader.open(files, DIRECTORY, info))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("truncated")
                    .hasMessageContaining("expected=" + good.length);
            assertThat(fails(
                            () -> CheckpointFileReader.openUnlisted(files, path).close()))
                    .isTrue();
        }
        for (int extra = 1; extra < 5000; extra = extra * 2 + 1) {
            files.setContent(path, Arrays.copyOf(good, good.length + extra));
            assertThatThrownBy(() -> CheckpointFileReader.open(files, DIRECTORY, info))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("extended");
            assertThat(fails(
                            () -> CheckpointFileReader.openUnlisted(files, path).close()))
                    .isTrue();
        }
    }

    @Test
    void shouldNameWhatIsWrongWithAnotherFileInItsPlace() {
        final CheckpointFileInfo other = write(2, 10, new PageImages(), true);
        files.setContent(path, files.content(DIRECTORY.resolve(other.fileName())));
        assertOpenFails(sameLength(other), "swapped");
        final CheckpointFileInfo foreign =
                new CheckpointFileInfo(new CheckpointFileIdentity(new UUID(9, 9), 1, 9, 9), good.length, 0, 0, 0, 0, 0);
        files.setContent(path, good);
        assertOpenFails(foreign, "another store");
        final CheckpointFileInfo stale = new CheckpointFileInfo(
                info.identity(), info.length(), info.footerChecksum() + 1, info.pageCount(), 0, 0, 0);
        assertOpenFails(stale, "not the one the manifest names");
        files.setContent(path, new byte[good.length]);
        assertOpenFails(info, "zeros");
        files.delete(path);
        assertOpenFails(info, "missing");
    }

    private CheckpointFileInfo sameLength(final CheckpointFileInfo other) {
        return new CheckpointFileInfo(info.identity(), other.length(), 0, 0, 0, 0, 0);
    }

    private void assertOpenFails(final CheckpointFileInfo expected, final String reason) {
        assertThatThrownBy(() -> CheckpointFileReader.open(files, DIRECTORY, expected))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining(reason)
                .hasMessageContaining(path.toString());
    }

    @Test
    void shouldDetectABlockOfAnotherFileOrPlace() {
        final CheckpointFileInfo other = write(2, 9, new PageImages(), false);
        final byte[] bad = good.clone();
        final byte[] source = files.content(DIRECTORY.resolve(other.fileName()));
        final int start = CheckpointFileDescriptor.BLOCKS_POSITION;
        System.arraycopy(source, start, bad, start, 64);
        files.setContent(path, bad);
        assertThat(readAll(info)).isEqualTo(Outcome.DETECTED);
        final int second = start + BlockDescriptor.HEADER_LENGTH + buffer(good).getInt(start);
        final byte[] moved = good.clone();
        System.arraycopy(good, second, moved, start, 64);
        files.setContent(path, moved);
        assertThatThrownBy(() -> {
                    try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info)) {
                        reader.walk((page, mask, lines) -> {});
                    }
                })
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("block header checksum mismatch")
                .hasMessageContaining("offset=" + start);
    }

    @Test
    void shouldTellNewerAndOlderFormatsFromDamage() {
        assertHeaderFails(b -> b.putShort(FileHeaderDescriptor.MAJOR_OFFSET, (short) 3), FormatTooNewException.class);
        assertHeaderFails(b -> b.putShort(FileHeaderDescriptor.MAJOR_OFFSET, (short) 0), FormatTooOldException.class);
        assertHeaderFails(b -> b.putInt(FileHeaderDescriptor.FLAGS_OFFSET, 1), FormatTooNewException.class);
        assertHeaderFails(b -> b.put(FileHeaderDescriptor.PAGE_SHIFT_OFFSET, (byte) 14), FormatTooNewException.class);
        assertHeaderFails(b -> b.putShort(FileHeaderDescriptor.KIND_OFFSET, (short) 2), CorruptStoreException.class);
        assertHeaderFails(b -> b.putShort(FileHeaderDescriptor.KIND_OFFSET, (short) 77), CorruptStoreException.class);
        assertHeaderFails(b -> b.putLong(FileHeaderDescriptor.GENERATION_OFFSET, 0), CorruptStoreException.class);
        assertHeaderFails(b -> b.putLong(FileHeaderDescriptor.FIRST_FIELD_OFFSET, 10), CorruptStoreException.class);
        assertHeaderFails(
                b -> b.putLong(0, Long.reverseBytes(FileHeaderDescriptor.MAGIC)), CorruptStoreException.class);
    }

    private void assertHeaderFails(
            final Consumer<ByteBuffer> change, final Class<? extends StateStoreException> expected) {
        final byte[] bad = good.clone();
        change.accept(buffer(bad));
        fixHeader(bad);
        fixFooter(bad);
        files.setContent(path, bad);
        assertThatThrownBy(() -> CheckpointFileReader.open(files, DIRECTORY, info))
                .isInstanceOf(expected)
                .hasMessageContaining(path.toString());
    }

    @Test
    void shouldKeepTheOtherPartsOfABlockWhenOneIsDamaged() {
        final int first = partsPosition();
        final ByteBuffer block = buffer(good);
        assertThat(block.getShort(first + BlockDescriptor.ENTRY_COUNT_OFFSET)).isEqualTo((short) 2);
        final int end =
                first + BlockDescriptor.HEADER_LENGTH + block.getInt(first + BlockDescriptor.STORED_LENGTH_OFFSET);
        final byte[] bad = good.clone();
        bad[end - 1] ^= 1; // of the second part
        files.setContent(path, bad);
        final List<Integer> damaged = new ArrayList<>();
        try (PageChain chain = PageChain.open(files, DIRECTORY, List.of(info))) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                try {
                    chain.load(page, target);
                    assertThat(model.equalsPage(page, target)).isTrue();
                } catch (final CorruptStoreException e) {
                    assertThat(e).hasMessageContaining("checksum mismatch of a part of a block: file=" + path);
                    damaged.add(page);
                }
            }
        }
        assertThat(damaged).hasSize(1);
    }

    /** Position of the first block in parts. */
    private int partsPosition() {
        for (final int position : blockPositions()) {
            if (good[position + BlockDescriptor.CODEC_OFFSET] == BlockDescriptor.CODEC_PARTS) {
                return position;
            }
        }
        throw new AssertionError("no block in parts");
    }

    @Test
    void shouldReportEachDamagedPart() {
        final int block = partsPosition();
        final int table = block + BlockDescriptor.HEADER_LENGTH;
        final int first = table
                + 2 * BlockDescriptor.PART_LENGTH
                + buffer(good).getInt(block + BlockDescriptor.DIRECTORY_LENGTH_OFFSET);
        final int second = first + buffer(good).getShort(table + BlockDescriptor.PART_STORED_LENGTH_OFFSET);
        final byte[] bad = good.clone();
        bad[first + 5] ^= 4;
        bad[second + 5] ^= 4;
        files.setContent(path, bad);
        final List<Long> offsets = new ArrayList<>();
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info)) {
            reader.verify(problem -> offsets.add(problem.offset()));
        }
        assertThat(offsets).containsExactly((long) first, (long) second);
    }

    /** The two numbers that a part has in its table, set to hostile values, checksums put right. */
    @Test
    void shouldRefuseHostilePartsWithChecksumsPutRight() {
        final int block = partsPosition();
        final int table = block + BlockDescriptor.HEADER_LENGTH;
        for (final int part : new int[] {0, BlockDescriptor.PART_LENGTH}) {
            for (int offset = 0; offset < BlockDescriptor.PART_CHECKSUM_OFFSET; offset += Short.BYTES) {
                for (final int value : hostile()) {
                    final byte[] bad = good.clone();
                    buffer(bad).putShort(table + part + offset, (short) value);
                    fixBlock(bad, block);
                    checkHostile(bad);
                    assertThat(damagedPages())
                            .as("part+%d, value %d", offset, value)
                            .isGreaterThanOrEqualTo(1);
                }
            }
        }
    }

    private int damagedPages() {
        int count = 0;
        try (CheckpointFileReader reader = CheckpointFileReader.openUnlisted(files, path)) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                final int wanted = page;
                count += fails(() -> reader.readLines(wanted, -1L, target)) ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void shouldReadAFileOfANewerMinorVersion() {
        final byte[] newer = good.clone();
        buffer(newer).putShort(FileHeaderDescriptor.MINOR_OFFSET, (short) 9);
        final int saltBefore = buffer(good).getInt(FileHeaderDescriptor.CHECKSUM_OFFSET);
        fixHeader(newer);
        assertThat(buffer(newer).getInt(FileHeaderDescriptor.CHECKSUM_OFFSET)).isNotEqualTo(saltBefore);
        fixFooter(newer);
        files.setContent(path, newer);
        try (CheckpointFileReader reader = CheckpointFileReader.openUnlisted(files, path)) {
            assertThat(reader.info().pageCount()).isEqualTo(ENTRIES);
        }
    }

    /** Every field of the footer and of every block header set to hostile values, checksums put right. */
    @Test
    void shouldRefuseHostileNumbersWithChecksumsPutRight() {
        final int footer = good.length - CheckpointFileDescriptor.FOOTER_LENGTH;
        for (int offset = 0; offset < CheckpointFileDescriptor.COMMON_FOOTER_OFFSET; offset += Integer.BYTES) {
            for (final int value : hostile()) {
                final byte[] bad = good.clone();
                buffer(bad).putInt(footer + offset, value);
                fixFooter(bad);
                checkHostile(bad);
            }
        }
        for (final int position : blockPositions()) {
            for (int offset = 0; offset < BlockDescriptor.STORED_CHECKSUM_OFFSET; offset += Short.BYTES) {
                for (final int value : hostile()) {
                    final byte[] bad = good.clone();
                    if (offset % Integer.BYTES == 0) {
                        buffer(bad).putInt(position + offset, value);
                    } else {
                        buffer(bad).putShort(position + offset, (short) value);
                    }
                    fixBlock(bad, position);
                    checkHostile(bad);
                }
            }
        }
    }

    /** Random damage inside blocks and index pages, checksums put right: no crash, no foreign exception. */
    @Test
    void shouldSurviveRandomDamageWithChecksumsPutRight() {
        damageAtRandom(2000);
    }

    @Test
    @Tag("slow")
    void shouldSurviveVeryMuchRandomDamage() {
        damageAtRandom(200_000);
    }

    private void damageAtRandom(final int rounds) {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed=" + seed + " replay: mvn test -Dtest=CheckpointFileCorruptionTest -Dseed=" + seed);
        final Random random = new Random(seed);
        final int[] positions = blockPositions();
        for (int round = 0; round < rounds; round++) {
            final byte[] bad = good.clone();
            if (random.nextInt(3) == 0) { // Checksums as they are: never wrong data.
                damage(random, bad, 0, bad.length);
                files.setContent(path, bad);
                readAll(info);
            } else if (random.nextBoolean()) {
                final int position = positions[random.nextInt(positions.length)];
                final int length = buffer(bad).getInt(position);
                damage(random, bad, position + BlockDescriptor.HEADER_LENGTH, length);
                fixBlock(bad, position);
                checkHostile(bad);
            } else {
                final ByteBuffer footer = buffer(bad);
                final int at = bad.length - CheckpointFileDescriptor.FOOTER_LENGTH;
                final int position = (int) footer.getLong(at + CheckpointFileDescriptor.INDEX_POSITION_OFFSET);
                final int length = (int) footer.getLong(at + CheckpointFileDescriptor.INDEX_LENGTH_OFFSET);
                damage(random, bad, position + Integer.BYTES, length - Integer.BYTES);
                fixIndexPage(bad, position, length);
                checkHostile(bad);
            }
        }
    }

    private static void damage(final Random random, final byte[] bytes, final int start, final int length) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            final int at = start + random.nextInt(length);
            bytes[at] = random.nextBoolean() ? (byte) random.nextInt() : random.nextBoolean() ? (byte) 0xff : 0;
        }
    }

    private static int[] hostile() {
        return new int[] {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 16, 1 << 20, 0x00ffffff, 4096, 63};
    }

    /** A file made on purpose can hold anything, so content is not compared; only nothing worse may happen. */
    private void checkHostile(final byte[] bad) {
        files.setContent(path, bad);
        try (CheckpointFileReader reader = CheckpointFileReader.openUnlisted(files, path)) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                final int wanted = page;
                fails(() -> reader.readLines(wanted, -1L, target));
            }
            fails(() -> reader.walk((page, mask, lines) -> assertThat(mask).isNotZero()));
            fails(() -> {
                try (PageEntries entries = reader.entries(2)) {
                    while (entries.next()) {
                        entries.readLines(-1L, target);
                    }
                }
            });
            reader.verify(problem -> assertThat(problem.message()).contains("offset="));
        } catch (final StateStoreException e) {
            checkMessage(e);
        }
    }

    private int[] blockPositions() {
        final int end = (int) buffer(good)
                .getLong(good.length
                        - CheckpointFileDescriptor.FOOTER_LENGTH
                        + CheckpointFileDescriptor.INDEX_POSITION_OFFSET);
        final List<Integer> positions = new ArrayList<>();
        for (int position = CheckpointFileDescriptor.BLOCKS_POSITION;
                position < end;
                position += BlockDescriptor.HEADER_LENGTH + buffer(good).getInt(position)) {
            positions.add(position);
        }
        return positions.stream().mapToInt(Integer::intValue).toArray();
    }

    private static ByteBuffer buffer(final byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void fixHeader(final byte[] bytes) {
        final int checksum = new Checksum().of(buffer(bytes), 0, FileHeaderDescriptor.CHECKSUM_OFFSET);
        buffer(bytes).putInt(FileHeaderDescriptor.CHECKSUM_OFFSET, checksum);
    }

    private static void fixBlock(final byte[] bytes, final int position) {
        final ByteBuffer buffer = buffer(bytes);
        int length = buffer.getInt(position + BlockDescriptor.STORED_LENGTH_OFFSET);
        final Checksum checksum = new Checksum();
        if (buffer.get(position + BlockDescriptor.CODEC_OFFSET) == BlockDescriptor.CODEC_PARTS) {
            length = fixParts(buffer, position);
        }
        if (length > 0 && length <= bytes.length - position - BlockDescriptor.HEADER_LENGTH) {
            buffer.putInt(
                    position + BlockDescriptor.STORED_CHECKSUM_OFFSET,
                    checksum.of(buffer, position + BlockDescriptor.HEADER_LENGTH, length));
        }
        buffer.putInt(
                position + BlockDescriptor.HEADER_CHECKSUM_OFFSET,
                checksum.of(buffer, position, BlockDescriptor.HEADER_CHECKSUM_OFFSET) ^ salt(bytes, position));
    }

    /** Puts the checksums of parts right as far as they are in the file; returns the length of what is before them. */
    private static int fixParts(final ByteBuffer buffer, final int position) {
        final int table = position + BlockDescriptor.HEADER_LENGTH;
        final int count = Short.toUnsignedInt(buffer.getShort(position + BlockDescriptor.ENTRY_COUNT_OFFSET));
        final int front =
                count * BlockDescriptor.PART_LENGTH + buffer.getInt(position + BlockDescriptor.DIRECTORY_LENGTH_OFFSET);
        long at = (long) table + front;
        for (int i = 0; i < count && table + (i + 1L) * BlockDescriptor.PART_LENGTH <= buffer.capacity(); i++) {
            final int part = table + i * BlockDescriptor.PART_LENGTH;
            final int length = Short.toUnsignedInt(buffer.getShort(part + BlockDescriptor.PART_STORED_LENGTH_OFFSET));
            if (at < 0 || at + length > buffer.capacity()) {
                break;
            }
            buffer.putInt(part + BlockDescriptor.PART_CHECKSUM_OFFSET, new Checksum().of(buffer, (int) at, length));
            at += length;
        }
        return front;
    }

    private static void fixIndexPage(final byte[] bytes, final int position, final int length) {
        final ByteBuffer buffer = buffer(bytes);
        buffer.putInt(
                position,
                new Checksum().of(buffer, position + Integer.BYTES, length - Integer.BYTES) ^ salt(bytes, position));
    }

    private static int salt(final byte[] bytes, final int position) {
        return CheckpointFileDescriptor.salt(buffer(bytes).getInt(FileHeaderDescriptor.CHECKSUM_OFFSET), position);
    }

    private static void fixFooter(final byte[] bytes) {
        final ByteBuffer buffer = buffer(bytes);
        final int footer = bytes.length - CheckpointFileDescriptor.FOOTER_LENGTH;
        final long indexEnd = buffer.getLong(footer + CheckpointFileDescriptor.INDEX_POSITION_OFFSET)
                + buffer.getLong(footer + CheckpointFileDescriptor.INDEX_LENGTH_OFFSET);
        final Checksum checksum = new Checksum();
        checksum.update(buffer, 0, FileHeaderDescriptor.HEADER_LENGTH);
        if (indexEnd >= 0 && indexEnd <= footer) {
            checksum.update(buffer, (int) indexEnd, footer - (int) indexEnd);
        }
        checksum.update(buffer, footer, CheckpointFileDescriptor.FOOTER_CHECKSUM_OFFSET);
        buffer.putInt(footer + CheckpointFileDescriptor.FOOTER_CHECKSUM_OFFSET, checksum.value());
    }
}
