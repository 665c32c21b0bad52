/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvFileTest {
    @TempDir
    private Path directory;

    @Test
    void shouldReadWhatItWrote() throws IOException {
        final Path file = directory.resolve("a.csv");
        CsvFile.write(
                file,
                List.of(
                        new Message().with("peer", "quire").with("ns", 38.5).with("note", ""),
                        new Message().with("peer", "floor").with("ns", 20).with("note", "x")));

        final List<Message> rows = CsvFile.read(file);

        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).text("peer")).isEqualTo("quire");
        assertThat(rows.get(0).text("note")).isEmpty();
        assertThat(rows.get(1).text("ns")).isEqualTo("20");
    }

    @Test
    void shouldReadAFileWithoutRows() throws IOException {
        final Path file = directory.resolve("a.csv");
        CsvFile.write(file, List.of());

        assertThat(CsvFile.read(file)).isEmpty();
    }
}
