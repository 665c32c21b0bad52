/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FileKind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LogDescriptorsTest {
    @Test
    void shouldPinTheHeaderOfSegments() {
        assertThat(LogSegmentDescriptor.CHAIN_CHECKSUM_OFFSET).isEqualTo(64);
        assertThat(LogSegmentDescriptor.FLAGS_OFFSET).isEqualTo(68);
        assertThat(LogSegmentDescriptor.RESERVED_OFFSET).isEqualTo(72);
        assertThat(LogSegmentDescriptor.HEADER_CRC_OFFSET).isEqualTo(76);
        assertThat(LogSegmentDescriptor.HEADER_LENGTH).isEqualTo(80);
        assertThat(LogSegmentDescriptor.FLAG_AFTER_GAP).isEqualTo(1);
        assertThat(FileKind.LOG_SEGMENT.code()).isEqualTo(3);
        assertThat(FileKind.LOG_RING.code()).isEqualTo(4);
    }

    @Test
    void shouldPinTheHeaderOfBlocks() {
        assertThat(LogBlockDescriptor.MAGIC).isEqualTo(0x4B4C4251);
        assertThat(LogBlockDescriptor.MAGIC_OFFSET).isEqualTo(0);
        assertThat(LogBlockDescriptor.FLAGS_OFFSET).isEqualTo(4);
        assertThat(LogBlockDescriptor.START_POSITION_OFFSET).isEqualTo(8);
        assertThat(LogBlockDescriptor.DURABLE_POSITION_OFFSET).isEqualTo(16);
        assertThat(LogBlockDescriptor.RAW_LENGTH_OFFSET).isEqualTo(24);
        assertThat(LogBlockDescriptor.STORED_LENGTH_OFFSET).isEqualTo(28);
        assertThat(LogBlockDescriptor.BODY_CRC_OFFSET).isEqualTo(32);
        assertThat(LogBlockDescriptor.HEADER_CRC_OFFSET).isEqualTo(36);
        assertThat(LogBlockDescriptor.HEADER_LENGTH).isEqualTo(40);
        assertThat(LogBlockDescriptor.FLAG_COMPRESSED).isEqualTo(1);
        assertThat(LogBlockDescriptor.FLAG_SEAL).isEqualTo(2);
        assertThat(LogBlockDescriptor.FLAG_ROLLED).isEqualTo(4);
        assertThat(LogBlockDescriptor.MAX_RAW_LENGTH).isEqualTo(4194304);
        assertThat(LogBlockDescriptor.blockLength(0)).isEqualTo(40);
        assertThat(LogBlockDescriptor.blockLength(9)).isEqualTo(56);
    }

    @Test
    void shouldNameSegmentsSoThatTheySortByPosition() {
        final Path directory = Path.of("d");
        assertThat(LogSegmentDescriptor.path(directory, 0x12ABL)).isEqualTo(Path.of("d/log-00000000000012ab.qlog"));
        assertThat(LogSegmentDescriptor.temporaryPath(directory, 1))
                .isEqualTo(Path.of("d/log-0000000000000001.qlog.tmp"));
        assertThat(LogSegmentDescriptor.startPosition("log-00000000000012ab.qlog"))
                .isEqualTo(0x12AB);
        for (final String name : new String[] {
            "log-00000000000012AB.qlog",
            "log-0000000000012ab.qlog",
            "log-00000000000012ab.qlog.tmp",
            "manifest-1",
            "log-00000000000012ag.qlog",
            "",
            "log-ffffffffffffffff.qlog"
        }) {
            assertThat(LogSegmentDescriptor.startPosition(name)).as(name).isNegative();
        }
        assertThat(LogSegmentDescriptor.isTemporary("log-0000000000000001.qlog.tmp"))
                .isTrue();
        assertThat(LogSegmentDescriptor.isTemporary("log-0000000000000001.qlog"))
                .isFalse();
        assertThat(LogSegmentDescriptor.isTemporary("manifest-0000000000000001.tmp"))
                .isFalse();
    }

    @Test
    void shouldOrderIncarnationsByTheirCount() {
        final long first = LogIdentity.next(0, -1);
        assertThat(first).isEqualTo(0x0000_0001_FFFF_FFFFL);
        assertThat(LogIdentity.next(first, 5)).isEqualTo(0x0000_0002_0000_0005L);
        assertThat(LogIdentity.count(LogIdentity.next(first, 5))).isEqualTo(2);
    }
}
