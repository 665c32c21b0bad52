/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ChangeRingDescriptorTest {
    @Test
    void shouldPinTheLayoutOfTheRing() {
        assertThat(ChangeRingDescriptor.MAGIC_OFFSET).isEqualTo(0);
        assertThat(ChangeRingDescriptor.FILE_KIND_OFFSET).isEqualTo(8);
        assertThat(ChangeRingDescriptor.MAJOR_VERSION_OFFSET).isEqualTo(10);
        assertThat(ChangeRingDescriptor.MINOR_VERSION_OFFSET).isEqualTo(12);
        assertThat(ChangeRingDescriptor.PAGE_SHIFT_OFFSET).isEqualTo(14);
        assertThat(ChangeRingDescriptor.LINE_SHIFT_OFFSET).isEqualTo(15);
        assertThat(ChangeRingDescriptor.STORE_ID_HIGH_OFFSET).isEqualTo(16);
        assertThat(ChangeRingDescriptor.STORE_ID_LOW_OFFSET).isEqualTo(24);
        assertThat(ChangeRingDescriptor.INCARNATION_OFFSET).isEqualTo(32);
        assertThat(ChangeRingDescriptor.CAPACITY_OFFSET).isEqualTo(40);
        assertThat(ChangeRingDescriptor.BOOT_ID_HASH_OFFSET).isEqualTo(48);
        assertThat(ChangeRingDescriptor.FLAGS_OFFSET).isEqualTo(56);
        assertThat(ChangeRingDescriptor.HEADER_CRC_OFFSET).isEqualTo(60);
        assertThat(ChangeRingDescriptor.HEAD_OFFSET).isEqualTo(128);
        assertThat(ChangeRingDescriptor.TAIL_OFFSET).isEqualTo(256);
        assertThat(ChangeRingDescriptor.BODY_OFFSET).isEqualTo(4096);
        assertThat(ChangeRingDescriptor.FILE_KIND).isEqualTo((short) 4);
        assertThat(ChangeRingDescriptor.MAJOR_VERSION).isEqualTo((short) 1);
        assertThat(ChangeRingDescriptor.MINOR_VERSION).isEqualTo((short) 0);
        assertThat(ChangeRingDescriptor.MIN_CAPACITY).isEqualTo(65536);
        assertThat(ChangeRingDescriptor.DEFAULT_CAPACITY).isEqualTo(16777216);
        assertThat(ChangeRingDescriptor.MAX_CAPACITY).isEqualTo(1073741824);
    }

    @Test
    void shouldBeginWithTheMagicOfEveryFile() {
        final byte[] expected = "QUIRE\r\n\u001a".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < Long.BYTES; i++) {
            assertThat((byte) (ChangeRingDescriptor.MAGIC >>> (8 * i))).isEqualTo(expected[i]);
        }
    }

    @Test
    void shouldCutRecordsAtAQuarterOfASmallRing() {
        assertThat(ChangeRingDescriptor.maxRecordLength(65536)).isEqualTo(16384);
        assertThat(ChangeRingDescriptor.maxRecordLength(262144)).isEqualTo(65536);
        assertThat(ChangeRingDescriptor.maxRecordLength(16777216)).isEqualTo(65536);
    }
}
