/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Pins the layout to literals, so that it cannot change unnoticed. */
class CheckpointFileDescriptorTest {
    @Test
    void shouldPinTheFooter() {
        assertThat(CheckpointFileDescriptor.BLOCKS_POSITION).isEqualTo(64);
        assertThat(CheckpointFileDescriptor.INDEX_POSITION_OFFSET).isEqualTo(0);
        assertThat(CheckpointFileDescriptor.INDEX_LENGTH_OFFSET).isEqualTo(8);
        assertThat(CheckpointFileDescriptor.INDEX_PAGE_COUNT_OFFSET).isEqualTo(16);
        assertThat(CheckpointFileDescriptor.BLOCK_COUNT_OFFSET).isEqualTo(20);
        assertThat(CheckpointFileDescriptor.PAGE_COUNT_OFFSET).isEqualTo(24);
        assertThat(CheckpointFileDescriptor.LINE_COUNT_OFFSET).isEqualTo(32);
        assertThat(CheckpointFileDescriptor.RAW_LENGTH_OFFSET).isEqualTo(40);
        assertThat(CheckpointFileDescriptor.STORED_LENGTH_OFFSET).isEqualTo(48);
        assertThat(CheckpointFileDescriptor.LARGEST_RAW_OFFSET).isEqualTo(56);
        assertThat(CheckpointFileDescriptor.LARGEST_STORED_OFFSET).isEqualTo(60);
        assertThat(CheckpointFileDescriptor.CONTENT_CHECKSUM_OFFSET).isEqualTo(64);
        assertThat(CheckpointFileDescriptor.RESERVED_OFFSET).isEqualTo(68);
        assertThat(CheckpointFileDescriptor.COMMON_FOOTER_OFFSET).isEqualTo(112);
        assertThat(CheckpointFileDescriptor.FOOTER_CHECKSUM_OFFSET).isEqualTo(132);
        assertThat(CheckpointFileDescriptor.FOOTER_LENGTH).isEqualTo(136);
        assertThat(CheckpointFileDescriptor.FILE_LENGTH_MIN).isEqualTo(200);
        assertThat(CheckpointFileDescriptor.PAGE_COUNT_MAX).isEqualTo(268_435_456);
        assertThat(CheckpointFileDescriptor.INDEX_PAGE_COUNT_MAX).isEqualTo(2_097_153);
    }

    @Test
    void shouldPinTheSalt() {
        assertThat(CheckpointFileDescriptor.salt(0, 1)).isEqualTo(0x9E3779B9);
        assertThat(CheckpointFileDescriptor.salt(0x12345678, 64))
                .isEqualTo(0x12345678 ^ (int) (0x9E3779B97F4A7C15L >>> 26));
    }

    @Test
    void shouldPinTheBlock() {
        assertThat(BlockDescriptor.STORED_LENGTH_OFFSET).isEqualTo(0);
        assertThat(BlockDescriptor.RAW_LENGTH_OFFSET).isEqualTo(4);
        assertThat(BlockDescriptor.DIRECTORY_LENGTH_OFFSET).isEqualTo(8);
        assertThat(BlockDescriptor.ENTRY_COUNT_OFFSET).isEqualTo(12);
        assertThat(BlockDescriptor.CODEC_OFFSET).isEqualTo(14);
        assertThat(BlockDescriptor.RESERVED_OFFSET).isEqualTo(15);
        assertThat(BlockDescriptor.STORED_CHECKSUM_OFFSET).isEqualTo(16);
        assertThat(BlockDescriptor.HEADER_CHECKSUM_OFFSET).isEqualTo(20);
        assertThat(BlockDescriptor.HEADER_LENGTH).isEqualTo(24);
        assertThat(BlockDescriptor.CODEC_NONE).isEqualTo((byte) 0);
        assertThat(BlockDescriptor.CODEC_LZ4).isEqualTo((byte) 1);
        assertThat(BlockDescriptor.CODEC_PARTS).isEqualTo((byte) 2);
        assertThat(BlockDescriptor.PART_STORED_LENGTH_OFFSET).isEqualTo(0);
        assertThat(BlockDescriptor.PART_LINE_COUNT_OFFSET).isEqualTo(2);
        assertThat(BlockDescriptor.PART_CHECKSUM_OFFSET).isEqualTo(4);
        assertThat(BlockDescriptor.PART_LENGTH).isEqualTo(8);
        assertThat(BlockDescriptor.PART_COUNT_MAX).isEqualTo(64);
        assertThat(BlockDescriptor.LINE_COUNT_MAX).isEqualTo(4096);
        assertThat(BlockDescriptor.RAW_LENGTH_MAX).isEqualTo(319_488);
    }

    @Test
    void shouldPinTheIndexPage() {
        assertThat(IndexPageDescriptor.CHECKSUM_OFFSET).isEqualTo(0);
        assertThat(IndexPageDescriptor.ENTRY_COUNT_OFFSET).isEqualTo(4);
        assertThat(IndexPageDescriptor.RESERVED_OFFSET).isEqualTo(6);
        assertThat(IndexPageDescriptor.ENTRIES_OFFSET).isEqualTo(8);
        assertThat(IndexPageDescriptor.PAGE_LENGTH).isEqualTo(4096);
        assertThat(IndexPageDescriptor.RESTART_INTERVAL).isEqualTo(32);
        assertThat(IndexPageDescriptor.RESTART_LENGTH).isEqualTo(2);
        assertThat(IndexPageDescriptor.restartOffset(4096, 0)).isEqualTo(4094);
        assertThat(IndexPageDescriptor.restartOffset(4096, 3)).isEqualTo(4088);
        assertThat(IndexPageDescriptor.restartCount(32)).isEqualTo(1);
        assertThat(IndexPageDescriptor.restartCount(33)).isEqualTo(2);
    }
}
