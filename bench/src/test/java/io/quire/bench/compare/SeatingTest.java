/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeatingTest {
    private static List<List<Integer>> groups(final int fork, final long budget, final Integer... lengths) {
        return Seating.groups(
                List.of(lengths), fork, new Seating.Room(budget, 0), length -> new Seating.Room(length, 0));
    }

    @Test
    void shouldSeatByFilesToo() {
        // The first number is memory, the second files.
        final List<List<Integer>> contestants =
                List.of(List.of(1, 30), List.of(1, 0), List.of(1, 30), List.of(1, 90), List.of(70, 10));

        assertThat(Seating.groups(
                        contestants, 1, new Seating.Room(50, 50), each -> new Seating.Room(each.get(0), each.get(1))))
                .containsExactly(List.of(contestants.get(0), contestants.get(1)), List.of(contestants.get(2)));
    }

    @Test
    void shouldSeatAllTogetherWhenTheyFit() {
        assertThat(groups(1, 100, 30, 20, 50)).containsExactly(List.of(30, 20, 50));
    }

    @Test
    void shouldSeatInTurnsWhenTheyDoNot() {
        assertThat(groups(1, 60, 30, 20, 50, 10)).containsExactly(List.of(30, 20), List.of(50, 10));
    }

    @Test
    void shouldBeginEachForkWithAnother() {
        assertThat(groups(2, 100, 30, 20, 50)).containsExactly(List.of(20, 50, 30));
        assertThat(groups(4, 100, 30, 20, 50)).containsExactly(List.of(30, 20, 50));
    }

    @Test
    void shouldLeaveOutWhoDoesNotFitAlone() {
        assertThat(groups(1, 40, 30, 50, 10)).containsExactly(List.of(30, 10));
    }

    @Test
    void shouldSeatNobodyWithoutRoom() {
        assertThat(groups(1, 5, 30)).isEmpty();
    }
}
