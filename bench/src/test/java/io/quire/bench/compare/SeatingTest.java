/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeatingTest {
    private static List<List<Integer>> groups(final int fork, final long budget, final Integer... lengths) {
        return Seating.groups(List.of(lengths), fork, budget, Integer::longValue);
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
