/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCursorTest {
    private static final UUID STORE_ID = new UUID(1, 2);
    private static final int PAGES_PER_BLOCK = 4;
    private static final int BLOCKS = 50;
    private static final int PAGES = PAGES_PER_BLOCK * BLOCKS;
    private static final int OWN_BLOCKS = 2;

    @TempDir
    Path directory;

    private final StoreFiles files = new DiskStoreFiles();
    private final PageImages model = new PageImages();
    private final Random random = new Random(42);
    private final long page = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final StagingBuffer staging = new StagingBuffer();
    private CheckpointFileReader file;

    @BeforeEach
    void writeFile() {
        final CheckpointFileSettings settings =
                CheckpointFileSettings.defaults().withBlockLength(PAGES_PER_BLOCK * PageDescriptor.PAGE_LENGTH);
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(STORE_ID, 1, 1, 1);
        final CheckpointFileInfo info;
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, directory, identity, settings)) {
            for (int i = 0; i < PAGES; i++) {
                model.scribble(random, i, -1L);
                model.copyLines(i, -1L, page);
                writer.append(i, -1L, page);
            }
            info = writer.finish();
        }
        file = CheckpointFileReader.open(files, directory, info);
        assertThat(file.blockCount()).isEqualTo(BLOCKS);
    }

    @AfterEach
    void close() {
        file.close();
        staging.close();
        RawMemory.free(page);
    }

    private static List<Integer> inOrder() {
        final List<Integer> pages = new ArrayList<>();
        for (int i = 0; i < PAGES; i++) {
            pages.add(i);
        }
        return pages;
    }

    private List<Integer> inAnyOrder() {
        final List<Integer> pages = inOrder();
        Collections.shuffle(pages, random);
        return pages;
    }

    /** Reads pages, and returns the bytes that the file was asked for. */
    private long read(final FileCursor cursor, final List<Integer> pages) {
        final long before = file.readLength();
        for (final int number : pages) {
            assertThat(cursor.readLines(number, -1L, page)).isEqualTo(-1L);
            assertThat(model.equalsPage(number, page)).as("page %d", number).isTrue();
        }
        return file.readLength() - before;
    }

    private BlockBudget budgetOf(final int blocks) {
        return new BlockBudget((long) blocks * file.largestRaw());
    }

    private FileCursor cursor(final BlockBudget budget) {
        final FileCursor cursor = new FileCursor(OWN_BLOCKS, staging, budget);
        cursor.bind(file);
        return cursor;
    }

    @Test
    void shouldLoadABlockOnceForPagesReadInAnyOrder() {
        final BlockBudget budget = budgetOf(BLOCKS);
        try (FileCursor cursor = cursor(budget)) {
            final long first = read(cursor, inAnyOrder());
            // But for a block that was taken for one in order and gave way to others; the only index page is at hand.
            assertThat(read(cursor, inAnyOrder())).isLessThan(first / 10);
        }
        assertThat(budget.tryTake(budget.length())).as("all is given back").isTrue();
    }

    @Test
    void shouldTakeNothingOfTheBudgetWhenReadFromOneEndToTheOther() {
        final BlockBudget budget = budgetOf(BLOCKS);
        try (FileCursor cursor = cursor(budget)) {
            final long first = read(cursor, inOrder());
            assertThat(budget.tryTake(budget.length() - file.largestRaw())).isTrue();
            assertThat(read(cursor, inOrder())).isGreaterThan(first / 2);
        }
    }

    @Test
    void shouldNotKeepBlocksOfAFileThatIsLongerThanTheBudget() {
        final BlockBudget budget = budgetOf(BLOCKS - 1);
        try (FileCursor cursor = cursor(budget)) {
            read(cursor, inAnyOrder());
            assertThat(budget.tryTake(budget.length())).isTrue();
            budget.give(budget.length());
            assertThat(read(cursor, inAnyOrder())).isGreaterThan((long) PAGES / 2 * PageDescriptor.PAGE_LENGTH);
        }
    }

    @Test
    void shouldGoOnWithWhatItHasWhenOthersHaveTakenTheRest() {
        final BlockBudget budget = budgetOf(BLOCKS);
        final int free = 10;
        assertThat(budget.tryTake((long) (BLOCKS - free) * file.largestRaw())).isTrue();
        try (FileCursor cursor = cursor(budget)) {
            for (int i = 0; i < 20; i++) {
                read(cursor, inAnyOrder());
            }
            assertThat(budget.tryTake(1)).isFalse();
            final List<Integer> few = inOrder().subList(0, PAGES_PER_BLOCK * (free + OWN_BLOCKS));
            Collections.shuffle(few, random);
            read(cursor, few);
            Collections.shuffle(few, random);
            assertThat(read(cursor, few)).as("those used last are kept").isZero();
        }
        assertThat(budget.tryTake((long) free * file.largestRaw())).isTrue();
        assertThat(budget.tryTake(1)).isFalse();
    }

    @Test
    void shouldNameADamagedIndexPageEachTimeItIsAskedForAndGiveItsMemoryBack() throws Exception {
        final int pages = 20_000;
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(STORE_ID, 2, 2, 2);
        final CheckpointFileInfo info;
        final Path path;
        try (CheckpointFileWriter writer =
                CheckpointFileWriter.create(files, directory, identity, CheckpointFileSettings.defaults())) {
            for (int i = 0; i < pages; i++) {
                writer.append(i, 1L << i % 64, page);
            }
            info = writer.finish();
            path = writer.path();
        }
        try (CheckpointFileReader large = CheckpointFileReader.open(files, directory, info)) {
            assertThat(large.indexPageCount()).isGreaterThan(5);
            final long damaged = large.indexPosition() + 4L * IndexPageDescriptor.PAGE_LENGTH + 100;
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {0x55, 0x2a, 0x55}), damaged);
            }
            final BlockBudget budget = new BlockBudget(64 * 1024 * 1024);
            try (FileCursor cursor = new FileCursor(OWN_BLOCKS, staging, budget)) {
                cursor.bind(large);
                assertThat(cursor.readLines(1, -1L, page)).isNotZero();
                for (int i = 0; i < 3; i++) {
                    assertThatThrownBy(() -> cursor.readLines(large.firstPage(4), -1L, page))
                            .isInstanceOf(CorruptStoreException.class)
                            .hasMessageContaining("index page checksum mismatch");
                }
                assertThat(cursor.readLines(large.firstPage(3), -1L, page)).isNotZero();
                assertThat(cursor.readLines(large.firstPage(5), -1L, page)).isNotZero();
                assertThat(cursor.readLines(pages - 1, -1L, page)).isNotZero();
            }
            assertThat(budget.tryTake(budget.length())).isTrue();
        }
    }

    /** Writes a file with a line of every third page, whose index has many pages. */
    private CheckpointFileInfo writeSparse(final int entries) {
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(STORE_ID, 2, 2, 2);
        try (CheckpointFileWriter writer =
                CheckpointFileWriter.create(files, directory, identity, CheckpointFileSettings.defaults())) {
            for (int i = 0; i < entries; i++) {
                RawMemory.putLong(page, contentOf(5 + i * 3));
                writer.append(5 + i * 3, 1L << i % 64, page);
            }
            return writer.finish();
        }
    }

    /** Whether the index is unpacked, kept as it is, or read again and again is a matter of the budget. */
    @Test
    void shouldFindAllThereIsAndNothingElseWhateverItKeepsOfTheIndex() {
        final int entries = 20_000;
        final CheckpointFileInfo info = writeSparse(entries);
        for (final int indexPagesKept : new int[] {0, 2, 6}) {
            try (CheckpointFileReader large = CheckpointFileReader.open(files, directory, info)) {
                checkIndex(large, entries, indexPagesKept * 4L * large.indexPageCount());
            }
        }
    }

    private void checkIndex(final CheckpointFileReader large, final int entries, final long indexPagesKept) {
        assertThat(large.indexPageCount()).isGreaterThan(5);
        final BlockBudget budget = new BlockBudget(indexPagesKept * IndexPageDescriptor.PAGE_LENGTH);
        try (FileCursor cursor = new FileCursor(OWN_BLOCKS, staging, budget)) {
            cursor.bind(large);
            for (int i = 0; i < 2_000; i++) {
                final int asked = random.nextInt(entries * 3 + 100);
                assertThat(cursor.readLines(asked, -1L, page))
                        .as("page %d", asked)
                        .isEqualTo(maskOf(asked, entries));
                checkContent(asked, maskOf(asked, entries), page);
                checkRun(cursor, random.nextInt(entries * 3 + 100), entries);
            }
        }
        assertThat(budget.tryTake(budget.length() - unpackedLength(large))).isTrue();
        assertThat(budget.tryTake(1)).isFalse();
    }

    private static long unpackedLength(final CheckpointFileReader file) {
        long length = 0;
        for (int i = 0; i < file.indexPageCount(); i++) {
            length += file.unpackedIndexPage(i) == null ? 0 : FileCursor.UNPACKED_INDEX_PAGE_COST;
        }
        return length;
    }

    @Test
    void shouldReadNoIndexPageThatWasUnpackedForAll() {
        final int entries = 20_000;
        final CheckpointFileInfo info = writeSparse(entries);
        final CheckpointFileReader reader = CheckpointFileReader.open(files, directory, info);
        try (IndexPageCursor packed = new IndexPageCursor()) {
            packed.load(reader, 1);
            assertThat(FileCursor.unpack(reader, packed, new BlockBudget(64 << 20)))
                    .isTrue();
            assertThat(reader.unpackedIndexPage(1)).isNotNull();
        }
        reader.close();
        assertThat(reader.unpackedIndexPage(1)).as("closed").isNull();
        try (PageChain chain = PageChain.open(files, directory, List.of(info))) {
            chain.unpackIndex(() -> false);
            assertThat(chain.readLength()).as("told not to go on").isZero();
            chain.unpackIndex(() -> true);
            final long unpacked = chain.readLength();
            assertThat(unpacked).isGreaterThan(5 * IndexPageDescriptor.PAGE_LENGTH);
            chain.unpackIndex(() -> true);
            assertThat(chain.readLength()).as("done once").isEqualTo(unpacked);
            for (int i = 0; i < 200; i++) {
                final int asked = random.nextInt(entries * 3 + 100);
                final long before = chain.readLength();
                chain.load(asked, page);
                assertThat(chain.readLength() - before)
                        .as("a short block at most")
                        .isLessThan(IndexPageDescriptor.PAGE_LENGTH);
                checkContent(asked, maskOf(asked, entries), page);
            }
        }
    }

    private static long maskOf(final int asked, final int entries) {
        final int entry = (asked - 5) / 3;
        return asked >= 5 && (asked - 5) % 3 == 0 && entry < entries ? 1L << entry % 64 : 0;
    }

    private void checkRun(final FileCursor cursor, final int firstPage, final int entries) {
        final int count = 1 + random.nextInt(8);
        final long target = RawMemory.allocate((long) count * PageDescriptor.PAGE_LENGTH);
        final long[] missing = new long[count];
        Arrays.fill(missing, -1L);
        cursor.readRun(firstPage, count, missing, target);
        for (int i = 0; i < count; i++) {
            final long mask = maskOf(firstPage + i, entries);
            assertThat(missing[i]).as("page %d", firstPage + i).isEqualTo(~mask);
            checkContent(firstPage + i, mask, target + (long) i * PageDescriptor.PAGE_LENGTH);
        }
        RawMemory.free(target);
    }

    private static long contentOf(final int number) {
        return number * 0x9E3779B97F4A7C15L;
    }

    private static void checkContent(final int number, final long mask, final long pointer) {
        if (mask != 0) {
            final long line = pointer + (long) Long.numberOfTrailingZeros(mask) * PageDescriptor.LINE_LENGTH;
            assertThat(RawMemory.getLong(line)).as("content of page %d", number).isEqualTo(contentOf(number));
        }
    }

    @Test
    void shouldForgetAllWhenItTurnsToAnotherFile() {
        final BlockBudget budget = budgetOf(BLOCKS);
        try (CheckpointFileReader other = CheckpointFileReader.open(files, directory, file.info());
                FileCursor cursor = cursor(budget)) {
            read(cursor, inAnyOrder());
            cursor.bind(other);
            assertThat(budget.tryTake(budget.length())).isTrue();
            budget.give(budget.length());
            assertThat(cursor.readLines(7, -1L, page)).isEqualTo(-1L);
            assertThat(model.equalsPage(7, page)).isTrue();
            assertThat(other.readLength()).isPositive();
        }
    }
}
