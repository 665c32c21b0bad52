/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DemoModelTest {
    private final DemoOperations operations = new DemoOperations(42, 1000);

    @Test
    void shouldCreateEveryCounterFirst() {
        final Set<Long> keys = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            keys.add(operations.counterKey(operations.index(i)));
        }
        assertThat(keys).hasSize(1000);
        final DemoModel model = new DemoModel(operations);
        model.advance(1000);
        assertThat(model.digest().counterCount()).isEqualTo(1000);
        assertThat(model.digest().operationCount()).isEqualTo(1000);
    }

    @Test
    void shouldComeToTheSameStateInAnySteps() {
        final DemoModel atOnce = new DemoModel(operations);
        atOnce.advance(12_345);
        final DemoModel inSteps = new DemoModel(operations);
        for (int i = 0; i < 12_345; i += 5) {
            inSteps.advance(5);
        }
        assertThat(inSteps.digest()).isEqualTo(atOnce.digest());
    }

    @Test
    void shouldTellEveryNumberOfOperationsApart() {
        final DemoModel model = new DemoModel(operations);
        final Set<Long> digests = new HashSet<>();
        for (int i = 0; i < 3000; i++) {
            model.advance(1);
            digests.add(model.digest().digest());
        }
        assertThat(digests).hasSize(3000);
    }

    @Test
    void shouldNoticeWhenOneOperationIsMissingAndAnotherTooMany() {
        final long[] counters = new long[1000];
        long expected = 0;
        long other = 0;
        for (int i = 0; i < 5000; i++) {
            counters[operations.index(i)]++;
        }
        for (int i = 0; i < 1000; i++) {
            expected += DemoOperations.digestOfCounter(operations.counterKey(i), counters[i]);
        }
        counters[operations.index(4000)]--;
        counters[(operations.index(4000) + 1) % 1000]++;
        for (int i = 0; i < 1000; i++) {
            other += DemoOperations.digestOfCounter(operations.counterKey(i), counters[i]);
        }
        assertThat(other).isNotEqualTo(expected);
    }
}
