/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFileWriterTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final UUID STORE_ID = new UUID(1, 2);
    private static final CheckpointFileIdentity IDENTITY = new CheckpointFileIdentity(STORE_ID, 1, 1, 1);

    private final FaultStoreFiles files = new FaultStoreFiles();
    private final long lines = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);

    @BeforeEach
    void prepare() {
        files.createDirectories(DIRECTORY);
        final Random random = new Random(6);
        for (int i = 0; i < PageDescriptor.PAGE_LENGTH; i += Long.BYTES) {
            RawMemory.putLong(lines + i, random.nextLong());
        }
    }

    @AfterEach
    void freeMemory() {
        RawMemory.free(lines);
        assertThat(files.openHandles()).isEmpty();
    }

    private CheckpointFileWriter writer(final CheckpointFileSettings settings) {
        return CheckpointFileWriter.create(files, DIRECTORY, IDENTITY, settings);
    }

    @Test
    void shouldRefuseAPageThatComesTwice() {
        try (CheckpointFileWriter writer = writer(CheckpointFileSettings.defaults())) {
            writer.append(5, 1, lines);
            writer.append(7, 1, lines);
            writer.append(5, 2, lines);
            assertThatThrownBy(writer::finish)
                    .isInstanceOf(CheckpointFailedException.class)
                    .hasMessageContaining("page 5");
        }
        assertThat(files.list(DIRECTORY)).isEmpty();
    }

    @Test
    void shouldRefuseToGoOnAfterTheEnd() {
        final CheckpointFileWriter writer = writer(CheckpointFileSettings.defaults());
        assertThatThrownBy(() -> writer.append(-1, 1, lines)).isInstanceOf(IllegalArgumentException.class);
        writer.finish();
        assertThatThrownBy(() -> writer.append(1, 1, lines)).isInstanceOf(CheckpointFailedException.class);
        assertThatThrownBy(writer::finish).isInstanceOf(CheckpointFailedException.class);
        writer.abort();
        writer.close();
        assertThat(files.list(DIRECTORY)).containsExactly(IDENTITY.fileName());
        assertThatThrownBy(() -> writer(CheckpointFileSettings.defaults())).isInstanceOf(StoreIoException.class);
    }

    private static long directLength() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** A storage may be anybody's, and so may be what it throws. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFreeItsMemoryWhateverAStorageThrowsThatCreatesNoFile(final boolean isError) {
        final HookedStoreFiles hooked = new HookedStoreFiles(files);
        hooked.hook((operation, path) -> {
            if (isError) {
                throw new OutOfMemoryError("planted");
            }
            throw new IllegalStateException("planted");
        });
        final long before = directLength();
        for (int i = 0; i < 8; i++) {
            assertThatThrownBy(() ->
                            CheckpointFileWriter.create(hooked, DIRECTORY, IDENTITY, CheckpointFileSettings.defaults()))
                    .hasMessage("planted");
        }
        assertThat(directLength()).isLessThanOrEqualTo(before);
    }

    @Test
    void shouldDeleteAFileThatIsGivenUp() {
        final CheckpointFileWriter writer = writer(CheckpointFileSettings.defaults());
        writer.append(1, 1, lines);
        writer.abort();
        writer.abort();
        assertThatThrownBy(() -> writer.append(1, 1, lines)).isInstanceOf(CheckpointFailedException.class);
        assertThat(files.list(DIRECTORY)).isEmpty();
    }

    @Test
    void shouldSayThatTheDiskIsFullAndLeaveNothing() {
        files.setCapacity(3 * CheckpointFileSettings.BUFFER_LENGTH_DEFAULT);
        try (CheckpointFileWriter writer =
                writer(CheckpointFileSettings.defaults().withCompression(false))) {
            assertThatThrownBy(() -> {
                        for (int page = 0; page < 2000; page++) {
                            writer.append(page, -1L, lines);
                        }
                    })
                    .isInstanceOf(StoreFullException.class);
            assertThatThrownBy(writer::finish)
                    .isInstanceOf(CheckpointFailedException.class)
                    .hasMessageContaining("abandoned");
        }
        assertThat(files.list(DIRECTORY)).isEmpty();
    }

    @Test
    void shouldReadBackAnEmptyFile() {
        final CheckpointFileInfo info =
                writer(CheckpointFileSettings.defaults()).finish();
        assertThat(info.pageCount()).isZero();
        assertThat(info.length()).isEqualTo(CheckpointFileDescriptor.FILE_LENGTH_MIN);
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info);
                PageEntries entries = reader.entries(1)) {
            assertThat(reader.readLines(0, -1L, lines)).isZero();
            assertThat(entries.next()).isFalse();
            reader.verify(problem -> {
                throw new AssertionError(problem.toString());
            });
        }
    }

    @Test
    void shouldSpendFewBytesOnManySmallEntries() {
        final int count = 100_000;
        final CheckpointFileInfo info;
        try (CheckpointFileWriter writer = writer(CheckpointFileSettings.defaults())) {
            for (int i = 0; i < count; i++) {
                writer.append(i * 21, 1L << (i % 64), lines);
            }
            info = writer.finish();
        }
        final long perEntry = (info.length() - info.storedLength()) / count;
        assertThat(perEntry).as("index bytes for each entry").isLessThan(7);
        assertThat((double) info.rawLength() / count)
                .as("bytes for each entry before compression")
                .isLessThan(64 + 3.1);
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info)) {
            assertThat(reader.indexPageCount()).isGreaterThan(50);
            for (int page = 0; page < 21 * 1000; page++) {
                assertThat(reader.readLines(page, -1L, lines)).isEqualTo(page % 21 == 0 ? 1L << (page / 21 % 64) : 0);
            }
            assertThat(reader.readLines((count - 1) * 21, -1L, lines)).isNotZero();
        }
    }

    /** No two pages have anything that one could be compressed by. */
    private void fill(final int number) {
        final Random random = new Random(number);
        for (int i = 0; i < PageDescriptor.PAGE_LENGTH; i += Long.BYTES) {
            RawMemory.putLong(lines + i, i % 16 == 0 ? number * 7919L : random.nextLong());
        }
    }

    /** Whoever needs one page of many reads that one, whatever else is in its block. */
    @Test
    void shouldReadLittleMoreThanAPageOfAFullImage() {
        final int count = 1000;
        for (final boolean compress : new boolean[] {true, false}) {
            final CheckpointFileInfo info;
            try (CheckpointFileWriter writer =
                    writer(CheckpointFileSettings.defaults().withCompression(compress))) {
                for (int i = 0; i < count; i++) {
                    fill(i);
                    writer.append(i ^ 3, -1L, lines); // not quite in order
                }
                info = writer.finish();
            }
            try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info)) {
                reader.readLines(0, -1L, lines);
                for (int page = 37; page < count; page += 61) {
                    final long before = reader.readLength();
                    assertThat(reader.readLines(page, -1L, lines)).isEqualTo(-1L);
                    assertThat(RawMemory.getLong(lines)).isEqualTo((page ^ 3) * 7919L);
                    assertThat(reader.readLength() - before)
                            .as("bytes read; the index page is at hand")
                            .isLessThan(PageDescriptor.PAGE_LENGTH + 500L);
                }
            }
            files.delete(DIRECTORY.resolve(IDENTITY.fileName()));
        }
    }

    /** Pages with few lines each are decompressed together, but not many of them. */
    @Test
    void shouldReadAFewKilobytesForAPageOfAnIncrement() {
        final int count = 5000;
        final CheckpointFileInfo info;
        try (CheckpointFileWriter writer = writer(CheckpointFileSettings.defaults())) {
            for (int i = 0; i < count; i++) {
                fill(i);
                writer.append(i * 3, 0b11L << i % 60, lines);
            }
            info = writer.finish();
        }
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info)) {
            assertThat(reader.blockCount())
                    .isEqualTo((count * 2 * PageDescriptor.LINE_LENGTH - 1) / BlockBuilder.SHORT_ENTRIES_LENGTH + 1);
            for (int i = 1; i < count; i += 61) {
                final long before = reader.readLength();
                assertThat(reader.readLines(i * 3, -1L, lines)).isEqualTo(0b11L << i % 60);
                assertThat(RawMemory.getLong(lines + (long) (i % 60) * PageDescriptor.LINE_LENGTH))
                        .isEqualTo(i * 7919L);
                assertThat(reader.readLength() - before)
                        .as("bytes read, an index page included")
                        .isLessThan(2 * PageDescriptor.PAGE_LENGTH + 500L);
            }
        }
    }

    /** Such as an increment after inserts: new pages, then old ones of which little has changed. */
    @Test
    void shouldKeepFullPagesInPartsWhenShortOnesFollow() {
        final int full = 7;
        final CheckpointFileInfo info;
        try (CheckpointFileWriter writer = writer(CheckpointFileSettings.defaults())) {
            for (int i = 0; i < 200; i++) {
                fill(i);
                writer.append(i, i < full ? -1L : 1, lines);
            }
            info = writer.finish();
        }
        for (int page = 0; page < full; page++) {
            try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, info)) {
                final long before = reader.readLength();
                assertThat(reader.readLines(page, -1L, lines)).isEqualTo(-1L);
                assertThat(reader.readLength() - before)
                        .as("bytes read, the index page included")
                        .isLessThan(2 * PageDescriptor.PAGE_LENGTH + 500L);
            }
        }
    }

    @Test
    void shouldAskThePacerBeforeEachWrite() {
        final List<Integer> asked = new ArrayList<>();
        try (CheckpointFileWriter writer =
                writer(CheckpointFileSettings.defaults().withCompression(false).withPacer(asked::add))) {
            for (int page = 0; page < 1000; page++) {
                writer.append(page, -1L, lines);
            }
            assertThat(asked).hasSizeGreaterThan(1);
            assertThat(writer.writtenLength())
                    .isEqualTo(asked.stream().mapToLong(Integer::longValue).sum());
            final CheckpointFileInfo info = writer.finish();
            assertThat(asked.stream().mapToLong(Integer::longValue).sum()).isEqualTo(info.length());
        }
    }

    @Test
    void shouldRefuseSettingsOutOfRange() {
        final CheckpointFileSettings good = CheckpointFileSettings.defaults();
        assertThatThrownBy(() -> good.withBlockLength(0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withBlockLength(4097)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withBlockLength(1 << 19)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withAcceleration(0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withBufferLength(4096)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withBlockLength(1 << 18).withBufferLength(1 << 18))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new CheckpointFileIdentity(STORE_ID, 0, 1, 1))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new CheckpointFileIdentity(STORE_ID, 1, 2, 1))
                .isInstanceOf(ConfigurationException.class);
    }
}
