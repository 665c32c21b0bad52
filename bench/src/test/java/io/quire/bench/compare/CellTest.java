/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.contestant.Message;
import org.junit.jupiter.api.Test;

class CellTest {
    @Test
    void shouldSurviveBeingWrittenAndRead() {
        final Cell cell = Cells.cell("chronicle-file", 2, 3, 643.25, true, false);

        assertThat(Cell.of(Message.parse(cell.toMessage().line()))).isEqualTo(cell);
    }
}
