/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Pins the layout to literals, so that it cannot change unnoticed. */
class FileHeaderDescriptorTest {
    @Test
    void shouldPinTheHeader() {
        assertThat(FileHeaderDescriptor.MAGIC_OFFSET).isEqualTo(0);
        assertThat(FileHeaderDescriptor.KIND_OFFSET).isEqualTo(8);
        assertThat(FileHeaderDescriptor.MAJOR_OFFSET).isEqualTo(10);
        assertThat(FileHeaderDescriptor.MINOR_OFFSET).isEqualTo(12);
        assertThat(FileHeaderDescriptor.PAGE_SHIFT_OFFSET).isEqualTo(14);
        assertThat(FileHeaderDescriptor.LINE_SHIFT_OFFSET).isEqualTo(15);
        assertThat(FileHeaderDescriptor.STORE_ID_HIGH_OFFSET).isEqualTo(16);
        assertThat(FileHeaderDescriptor.STORE_ID_LOW_OFFSET).isEqualTo(24);
        assertThat(FileHeaderDescriptor.GENERATION_OFFSET).isEqualTo(32);
        assertThat(FileHeaderDescriptor.FIRST_FIELD_OFFSET).isEqualTo(40);
        assertThat(FileHeaderDescriptor.SECOND_FIELD_OFFSET).isEqualTo(48);
        assertThat(FileHeaderDescriptor.FLAGS_OFFSET).isEqualTo(56);
        assertThat(FileHeaderDescriptor.CHECKSUM_OFFSET).isEqualTo(60);
        assertThat(FileHeaderDescriptor.HEADER_LENGTH).isEqualTo(64);
        assertThat(FileKind.CHECKPOINT.code()).isEqualTo(1);
        assertThat(FileKind.MANIFEST.code()).isEqualTo(2);
        assertThat(FileKind.LOG_SEGMENT.code()).isEqualTo(3);
        assertThat(FileKind.LOG_RING.code()).isEqualTo(4);
    }

    @Test
    void shouldPinTheFooter() {
        assertThat(FileFooterDescriptor.NOT_MAGIC_OFFSET).isEqualTo(0);
        assertThat(FileFooterDescriptor.BODY_LENGTH_OFFSET).isEqualTo(8);
        assertThat(FileFooterDescriptor.ALGORITHM_OFFSET).isEqualTo(16);
        assertThat(FileFooterDescriptor.CHECKSUM_OFFSET).isEqualTo(20);
        assertThat(FileFooterDescriptor.FOOTER_LENGTH).isEqualTo(24);
    }

    @Test
    void shouldBeginEveryFileWithTheMagicAndReadBackItsHeader() {
        final FileHeader header = new FileHeader(FileKind.MANIFEST, 0, new UUID(5, 6), 7, 8, 9);
        final ByteBuffer buffer = ByteBuffer.allocate(64);
        final int checksum = header.write(buffer, 0);
        assertThat(new String(buffer.array(), 0, 8, StandardCharsets.ISO_8859_1))
                .isEqualTo("QUIRE\r\n\u001a");
        assertThat(buffer.order(ByteOrder.LITTLE_ENDIAN).getInt(60)).isEqualTo(checksum);
        assertThat(FileHeader.read(Path.of("f"), buffer, FileKind.MANIFEST)).isEqualTo(header);
    }

    @Test
    void shouldBuildAndParseNames() {
        assertThat(StoreFileNames.checkpointFile(255)).isEqualTo("checkpoint-00000000000000ff");
        assertThat(StoreFileNames.manifest(Long.MAX_VALUE)).isEqualTo("manifest-7fffffffffffffff");
        assertThat(StoreFileNames.temporaryManifest(1)).isEqualTo("manifest-0000000000000001.tmp");
        assertThat(StoreFileNames.parseCheckpointFile("checkpoint-00000000000000ff"))
                .isEqualTo(255);
        assertThat(StoreFileNames.parseManifest("manifest-7fffffffffffffff")).isEqualTo(Long.MAX_VALUE);
        assertThat(StoreFileNames.parseTemporaryManifest("manifest-0000000000000001.tmp"))
                .isEqualTo(1);
        for (final String name : new String[] {
            "",
            "manifest-",
            "manifest-1",
            "manifest-000000000000000g",
            "manifest-00000000000000AB",
            "manifest-0000000000000000",
            "manifest-ffffffffffffffff",
            "manifest-0000000000000001.tmp",
            "xmanifest-0000000000000001",
            "manifest-00000000000000011",
            "checkpoint-0000000000000001"
        }) {
            assertThat(StoreFileNames.parseManifest(name)).as(name).isEqualTo(StoreFileNames.NOT_A_MATCH);
        }
        assertThat(StoreFileNames.parseTemporaryManifest("manifest-0000000000000001"))
                .isZero();
        assertThatThrownBy(() -> StoreFileNames.manifest(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
