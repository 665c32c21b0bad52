/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class Lz4Test {
    @Test
    void shouldLeaveNoFileThatAKillWouldLeave() throws Exception {
        final byte[] content = new byte[10_000];
        final byte[] compressed = Lz4.factory().fastCompressor().compress(content);
        assertThat(compressed.length).isLessThan(1000);
        assertThat(Lz4.factory().safeDecompressor().decompress(compressed, content.length))
                .isEqualTo(content);
        final List<String> libraries = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("liblz4-java-"))
                .map(line -> line.substring(line.indexOf('/')))
                .toList();
        // Loaded, as the factory says, and without a name.
        assertThat(Lz4.factory().toString().contains("JNI")).isEqualTo(!libraries.isEmpty());
        assertThat(libraries).allMatch(line -> line.endsWith(" (deleted)") && !Files.exists(Path.of(line)));
    }
}
