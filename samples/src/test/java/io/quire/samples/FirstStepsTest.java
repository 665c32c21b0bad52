/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstStepsTest {
    @Test
    void shouldRun() throws IOException {
        FirstSteps.main();
    }

    @Test
    void shouldFindEveryVisitAgain(@TempDir final Path directory) {
        FirstSteps.countVisit(directory);
        assertThat(FirstSteps.visits(directory)).isEqualTo(1);
        FirstSteps.countVisit(directory);
        assertThat(FirstSteps.visits(directory)).isEqualTo(2);
    }

    @Test
    void shouldBeTheLinesOfTheReadme() throws IOException {
        final String source = oneSpace(Files.readString(Path.of("src/main/java/io/quire/samples/FirstSteps.java")));
        final List<String> readme = Files.readAllLines(Path.of("../README.md"));
        final int first = readme.indexOf("```java") + 1;
        assertThat(first).isPositive();
        final StringBuilder lines = new StringBuilder();
        for (int i = first; !readme.get(i).equals("```"); i++) {
            lines.append(readme.get(i).strip()).append('\n');
        }
        assertThat(lines.toString().lines()).hasSize(5);
        assertThat(source).contains(oneSpace(lines.toString()));
    }

    /** The formatter lines up comments its own way. */
    private static String oneSpace(final String text) {
        return text.replaceAll("\\s+", " ");
    }
}
