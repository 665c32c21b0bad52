/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeySpaceTest {
    @Test
    void shouldNeverGiveTheSameKeyTwiceOrZero() {
        final KeySpace space = new KeySpace(1_000);
        final Set<Long> keys = new HashSet<>();
        for (int slot = 0; slot < 1_000; slot++) {
            keys.add(space.presentKey(slot));
        }
        for (int i = 0; i < 1_000; i++) {
            keys.add(space.freshKey());
            keys.add(space.replace(i));
            keys.add(KeySpace.absentKeyOf(i));
        }

        assertThat(keys).hasSize(4_000).doesNotContain(0L);
    }

    @Test
    void shouldPutAFreshEntryInPlaceOfTheReplacedOne() {
        final KeySpace space = new KeySpace(10);
        final long before = space.presentKey(3);

        final long after = space.replace(3);

        assertThat(after).isNotEqualTo(before);
        assertThat(space.presentKey(3)).isEqualTo(after);
        assertThat(space.entryCount()).isEqualTo(10);
    }
}
