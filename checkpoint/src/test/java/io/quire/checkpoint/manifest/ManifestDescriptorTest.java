/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Pins the layout to literals, so that it cannot change unnoticed. */
class ManifestDescriptorTest {
    @Test
    void shouldPinTheLayout() {
        assertThat(ManifestDescriptor.CHECKPOINT_ID_OFFSET).isEqualTo(64);
        assertThat(ManifestDescriptor.NEXT_CHECKPOINT_ID_OFFSET).isEqualTo(72);
        assertThat(ManifestDescriptor.NEXT_FILE_NUMBER_OFFSET).isEqualTo(80);
        assertThat(ManifestDescriptor.TAKEN_AT_MS_OFFSET).isEqualTo(88);
        assertThat(ManifestDescriptor.LOG_POSITION_OFFSET).isEqualTo(96);
        assertThat(ManifestDescriptor.PAGE_COUNT_OFFSET).isEqualTo(104);
        assertThat(ManifestDescriptor.HASH_SEED_OFFSET).isEqualTo(112);
        assertThat(ManifestDescriptor.CATALOG_ADDRESS_OFFSET).isEqualTo(120);
        assertThat(ManifestDescriptor.WINDOW_SHIFT_OFFSET).isEqualTo(128);
        assertThat(ManifestDescriptor.FILE_COUNT_OFFSET).isEqualTo(132);
        assertThat(ManifestDescriptor.PROPERTY_COUNT_OFFSET).isEqualTo(136);
        assertThat(ManifestDescriptor.RESERVED_OFFSET).isEqualTo(140);
        assertThat(ManifestDescriptor.PROPERTIES_OFFSET).isEqualTo(144);
        assertThat(ManifestDescriptor.LENGTH_MIN).isEqualTo(168);
        assertThat(ManifestDescriptor.LENGTH_MAX).isEqualTo(144 + 1024 * 16 + 4096 * 88 + 24);
    }

    @Test
    void shouldPinAProperty() {
        assertThat(ManifestDescriptor.PROPERTY_KEY_OFFSET).isEqualTo(0);
        assertThat(ManifestDescriptor.PROPERTY_RESERVED_OFFSET).isEqualTo(4);
        assertThat(ManifestDescriptor.PROPERTY_VALUE_OFFSET).isEqualTo(8);
        assertThat(ManifestDescriptor.PROPERTY_LENGTH).isEqualTo(16);
    }

    @Test
    void shouldPinAFile() {
        assertThat(ManifestDescriptor.FILE_NUMBER_OFFSET).isEqualTo(0);
        assertThat(ManifestDescriptor.FILE_STORE_ID_HIGH_OFFSET).isEqualTo(8);
        assertThat(ManifestDescriptor.FILE_STORE_ID_LOW_OFFSET).isEqualTo(16);
        assertThat(ManifestDescriptor.FILE_OLDEST_CHECKPOINT_ID_OFFSET).isEqualTo(24);
        assertThat(ManifestDescriptor.FILE_NEWEST_CHECKPOINT_ID_OFFSET).isEqualTo(32);
        assertThat(ManifestDescriptor.FILE_LENGTH_OFFSET).isEqualTo(40);
        assertThat(ManifestDescriptor.FILE_PAGE_COUNT_OFFSET).isEqualTo(48);
        assertThat(ManifestDescriptor.FILE_LINE_COUNT_OFFSET).isEqualTo(56);
        assertThat(ManifestDescriptor.FILE_RAW_LENGTH_OFFSET).isEqualTo(64);
        assertThat(ManifestDescriptor.FILE_STORED_LENGTH_OFFSET).isEqualTo(72);
        assertThat(ManifestDescriptor.FILE_FOOTER_CHECKSUM_OFFSET).isEqualTo(80);
        assertThat(ManifestDescriptor.FILE_RESERVED_OFFSET).isEqualTo(84);
        assertThat(ManifestDescriptor.FILE_ENTRY_LENGTH).isEqualTo(88);
    }
}
