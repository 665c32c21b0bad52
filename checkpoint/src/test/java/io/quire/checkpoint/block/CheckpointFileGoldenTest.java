/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Files written by each released version of the format stay readable. When a version is added, its files are written
 * with {@code -Dgolden.directory=src/test/resources/formats} and never changed again.
 */
class CheckpointFileGoldenTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final String RAW = "checkpoint-2.0-raw.bin";
    private static final String LZ4 = "checkpoint-2.0-lz4.bin";
    private static final CheckpointFileIdentity IDENTITY =
            new CheckpointFileIdentity(new UUID(0x0011223344556677L, 0x8899aabbccddeeffL), 0x2a, 7, 11);
    private static final int[] PAGES = {3, 0, 1 << 20, 7, 8, 9, Integer.MAX_VALUE};
    private static final long[] MASKS = {-1L, 1L, 1L << 63, 0xff00L, 0x8000000000000001L, 0x0123456789abcdefL, 2L};
    // Besides those a block of two parts, out of order.
    private static final int[] PAGES_2 = {3, 0, 1 << 20, 7, 8, 9, Integer.MAX_VALUE, 21, 20};
    private static final long[] MASKS_2 = {
        -1L, 1L, 1L << 63, 0xff00L, 0x8000000000000001L, 0x0123456789abcdefL, 2L, 0x3_ffff_ffffL << 5, 0x3fff_ffffL
    };

    private final FaultStoreFiles files = new FaultStoreFiles();
    private final long page = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);

    @BeforeEach
    void createDirectory() {
        files.createDirectories(DIRECTORY);
    }

    @AfterEach
    void freeMemory() {
        RawMemory.free(page);
    }

    /** Byte i of a page is a function of both, and compresses. */
    private static byte byteAt(final int pageNumber, final int i) {
        return (byte) (pageNumber * 31 + i / 8);
    }

    private byte[] write(final boolean compress) {
        final CheckpointFileSettings settings = CheckpointFileSettings.defaults()
                .withBlockLength(PageDescriptor.PAGE_LENGTH)
                .withCompression(compress);
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, DIRECTORY, IDENTITY, settings)) {
            for (int i = 0; i < PAGES_2.length; i++) {
                for (int j = 0; j < PageDescriptor.PAGE_LENGTH; j++) {
                    RawMemory.putByte(page + j, byteAt(PAGES_2[i], j));
                }
                writer.appendFromPage(PAGES_2[i], MASKS_2[i], page);
            }
            writer.finish();
        }
        return files.content(DIRECTORY.resolve(IDENTITY.fileName()));
    }

    private static byte[] golden(final String name) throws IOException {
        try (InputStream stream = CheckpointFileGoldenTest.class.getResourceAsStream("/formats/" + name)) {
            return Objects.requireNonNull(stream, name).readAllBytes();
        }
    }

    @Test
    void shouldReadVersion10() throws IOException {
        checkContent(golden("checkpoint-1.0-raw.bin"), PAGES, MASKS);
        checkContent(golden("checkpoint-1.0-lz4.bin"), PAGES, MASKS);
    }

    /** Has blocks in parts. */
    @Test
    void shouldReadVersion20() throws IOException {
        checkContent(golden(RAW), PAGES_2, MASKS_2);
        checkContent(golden(LZ4), PAGES_2, MASKS_2);
    }

    /** Compressed bytes may differ from compressor to compressor; all others may not. */
    @Test
    void shouldStillWriteTheSameBytes() throws IOException {
        assertThat(write(false)).isEqualTo(golden(RAW));
    }

    private void checkContent(final byte[] bytes, final int[] pages, final long[] masks) {
        final Path path = DIRECTORY.resolve(IDENTITY.fileName());
        files.setContent(path, bytes);
        try (CheckpointFileReader reader = CheckpointFileReader.openUnlisted(files, path)) {
            assertThat(reader.info().identity()).isEqualTo(IDENTITY);
            assertThat(reader.info().pageCount()).isEqualTo(pages.length);
            assertThat(reader.info().length()).isEqualTo(bytes.length);
            for (int i = 0; i < pages.length; i++) {
                RawMemory.setMemory(page, PageDescriptor.PAGE_LENGTH, (byte) 0);
                assertThat(reader.readLines(pages[i], -1L, page)).isEqualTo(masks[i]);
                for (int j = 0; j < PageDescriptor.PAGE_LENGTH; j++) {
                    final boolean stored = (masks[i] >>> (j / PageDescriptor.LINE_LENGTH) & 1) != 0;
                    assertThat(RawMemory.getByte(page + j)).isEqualTo(stored ? byteAt(pages[i], j) : 0);
                }
            }
            assertThat(reader.readLines(4, -1L, page)).isZero();
            final List<FileProblem> problems = new ArrayList<>();
            reader.verify(problems::add);
            assertThat(problems).isEmpty();
        }
    }

    /** Otherwise the pages that never change would never be in parts, and those are the ones that stay cold longest. */
    @Test
    void shouldTakeOverABlockOfVersion10OnlyIfItWouldNotBeInParts() throws IOException {
        for (final String name : new String[] {"checkpoint-1.0-lz4.bin", "checkpoint-1.0-raw.bin", LZ4, RAW}) {
            final Path path = DIRECTORY.resolve(IDENTITY.fileName());
            files.setContent(path, golden(name));
            final CheckpointFileIdentity other = new CheckpointFileIdentity(IDENTITY.storeId(), 0x2b, 11, 11);
            final CheckpointFileSettings settings =
                    CheckpointFileSettings.defaults().withBlockLength(PageDescriptor.PAGE_LENGTH);
            try (CheckpointFileReader reader = CheckpointFileReader.openUnlisted(files, path);
                    PageEntries entries = reader.entries(1);
                    CheckpointFileWriter writer = CheckpointFileWriter.create(files, DIRECTORY, other, settings)) {
                while (entries.next() && entries.page() != 3) {
                    // to the full page
                }
                assertThat(entries.wholeBlock()).isTrue();
                assertThat(writer.appendBlock(entries) > 0).as(name).isEqualTo(!name.contains("1.0"));
            }
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "golden.directory", matches = ".+")
    void shouldWriteGoldenFilesWhenAskedTo() throws IOException {
        final Path directory = Path.of(System.getProperty("golden.directory"));
        Files.write(directory.resolve(RAW), write(false));
        files.delete(DIRECTORY.resolve(IDENTITY.fileName()));
        Files.write(directory.resolve(LZ4), write(true));
    }
}
