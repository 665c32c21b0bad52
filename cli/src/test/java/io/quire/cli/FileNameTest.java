/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileNameTest {
    private static final List<byte[]> NAMES = List.of(
            bytes(0x61, 0x20, 0x25, 0x23),
            "h\u00F6flich \u65E5\u672C \uD83D\uDE00".getBytes(StandardCharsets.UTF_8),
            bytes(0xE9, 0x6C, 0x61, 0x74),
            bytes(0x80),
            bytes(0xC3),
            bytes(0xF0, 0x9F, 0x98),
            bytes(0xFF, 0xC3, 0xA9, 0xFE));

    private static byte[] bytes(final int... values) {
        final byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @Test
    void shouldGiveBackTheBytesOfAnyName() {
        for (final byte[] name : NAMES) {
            assertThat(FileName.encode(FileName.decode(name))).isEqualTo(name);
        }
        assertThat(FileName.decode("\u00E9".getBytes(StandardCharsets.UTF_8))).isEqualTo("\u00E9");
    }

    @Test
    void shouldNameFilesInAnyEncoding(@TempDir final Path directory) throws IOException {
        for (final byte[] name : NAMES) {
            final Path file = FileName.path(directory + "/" + FileName.decode(name));
            Files.writeString(file, "x");
            final byte[] found = FileName.bytes(file);
            assertThat(new String(found, StandardCharsets.ISO_8859_1))
                    .endsWith("/" + new String(name, StandardCharsets.ISO_8859_1));
        }
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(NAMES.size());
        }
    }

    @Test
    void shouldNameFilesRelativeToTheCurrentDirectory() {
        final Path path = FileName.path("caf\u00E9");
        assertThat(path.isAbsolute()).isTrue();
        assertThat(path.getParent()).isEqualTo(Path.of("").toAbsolutePath());
        assertThat(FileName.path("plain")).isEqualTo(Path.of("plain"));
    }
}
