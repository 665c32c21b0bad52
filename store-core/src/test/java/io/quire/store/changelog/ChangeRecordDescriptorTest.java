/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChangeRecordDescriptorTest {
    @Test
    void shouldPinTheLayoutOfRecords() {
        assertThat(ChangeRecordDescriptor.LENGTH_OFFSET).isEqualTo(0);
        assertThat(ChangeRecordDescriptor.TYPE_OFFSET).isEqualTo(4);
        assertThat(ChangeRecordDescriptor.FLAGS_OFFSET).isEqualTo(5);
        assertThat(ChangeRecordDescriptor.RESERVED_OFFSET).isEqualTo(6);
        assertThat(ChangeRecordDescriptor.STATE_ID_OFFSET).isEqualTo(8);
        assertThat(ChangeRecordDescriptor.KEY_LENGTH_OFFSET).isEqualTo(12);
        assertThat(ChangeRecordDescriptor.HEADER_LENGTH).isEqualTo(16);
        assertThat(ChangeRecordDescriptor.KEY_OFFSET).isEqualTo(16);
        assertThat(ChangeRecordDescriptor.ALIGNMENT).isEqualTo(8);
        assertThat(ChangeRecordDescriptor.MIN_PAD_LENGTH).isEqualTo(8);
        assertThat(ChangeRecordDescriptor.MAX_RING_RECORD_LENGTH).isEqualTo(65536);
        assertThat(ChangeRecordDescriptor.MAX_GROUP_LENGTH).isEqualTo(268435456);
        assertThat(ChangeRecordDescriptor.FLAG_GROUP_CONTINUES).isEqualTo((byte) 1);
    }

    @Test
    void shouldPinTheTypesOfRecords() {
        assertThat(ChangeRecordDescriptor.TYPE_PUT).isEqualTo((byte) 1);
        assertThat(ChangeRecordDescriptor.TYPE_REMOVE).isEqualTo((byte) 2);
        assertThat(ChangeRecordDescriptor.TYPE_CLEAR_STATE).isEqualTo((byte) 3);
        assertThat(ChangeRecordDescriptor.TYPE_CREATE_STATE).isEqualTo((byte) 4);
        assertThat(ChangeRecordDescriptor.TYPE_DROP_STATE).isEqualTo((byte) 5);
        assertThat(ChangeRecordDescriptor.TYPE_COMMIT).isEqualTo((byte) 6);
        assertThat(ChangeRecordDescriptor.TYPE_OPERATION_FIRST).isEqualTo((byte) 10);
        assertThat(ChangeRecordDescriptor.TYPE_LIST_RENEW).isEqualTo((byte) 14);
        assertThat(ChangeRecordDescriptor.TYPE_LIST_REMOVE_FIRST).isEqualTo((byte) 19);
        assertThat(ChangeRecordDescriptor.TYPE_OPERATION_LAST).isEqualTo((byte) 62);
        assertThat(ChangeRecordDescriptor.TYPE_ALTER_STATE).isEqualTo((byte) 63);
        assertThat(ChangeRecordDescriptor.TYPE_EXPIRY_TIME).isEqualTo((byte) 64);
        assertThat(ChangeRecordDescriptor.TYPE_ABORT).isEqualTo((byte) 7);
        assertThat(ChangeRecordDescriptor.TYPE_FRAGMENT).isEqualTo((byte) 8);
        assertThat(ChangeRecordDescriptor.TYPE_UNLOGGED).isEqualTo((byte) 9);
        assertThat(ChangeRecordDescriptor.TYPE_PAD).isEqualTo((byte) 127);
    }

    @Test
    void shouldPackHeaderFieldsInLittleEndianOrder() {
        assertThat(ChangeRecordDescriptor.lengthTypeFlags(0x01020304, (byte) 0x7F, (byte) 1))
                .isEqualTo(0x0000_017F_0102_0304L);
        assertThat(ChangeRecordDescriptor.stateIdKeyLength(-2, 5)).isEqualTo(0x0000_0005_FFFF_FFFEL);
    }

    @Test
    void shouldRoundLengthsUpToTheAlignment() {
        assertThat(ChangeRecordDescriptor.alignedLength(16)).isEqualTo(16);
        assertThat(ChangeRecordDescriptor.alignedLength(17)).isEqualTo(24);
        assertThat(ChangeRecordDescriptor.alignedLength(24)).isEqualTo(24);
    }
}
