/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContestantNotesTest {
    @TempDir
    private Path directory;

    @Test
    void shouldFindTheNotesOfAnEarlierSession() {
        final ContestantNotes before = new ContestantNotes(directory);
        before.opened("long -> long", "lmdb", Map.of("flags", "NOSYNC"), List.of("-Da=b"));
        before.took("long -> long", "lmdb", 38.6);
        before.failed("long -> long", "mapdb", 1, "ended");
        before.leftOut("long -> long", "mapdb", 2, "too large");

        final ContestantNotes after = new ContestantNotes(directory);

        assertThat(after.asMap()).hasSize(2);
        assertThat(after.text())
                .contains(
                        "lmdb: 39 B an entry; {flags=NOSYNC}",
                        "mapdb: {}; FAILED in fork 1: ended; left out of fork 2: too large");
    }

    @Test
    void shouldForgetTheFailureOfAForkThatIsRunAgain() {
        final ContestantNotes notes = new ContestantNotes(directory);
        notes.failed("long -> long", "mapdb", 1, "ended");
        notes.failed("long -> long", "mapdb", 2, "broke");

        notes.begin("long -> long", 1);

        assertThat(notes.text()).contains("broke").doesNotContain("ended");
    }
}
