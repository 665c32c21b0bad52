/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.StateKind;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.memory.PagedMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SourcePositionTest {
    private final StateStore store = new StateStore(PagedMemory.anonymous(7));

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void shouldKeepANumberForEachSource() {
        final SourcePosition orders = store.source("orders");
        final SourcePosition prices = store.source("prices");
        assertThat(orders.get(-1)).isEqualTo(-1);
        orders.set(Long.MIN_VALUE);
        prices.set(7);
        assertThat(orders.get(-1)).isEqualTo(Long.MIN_VALUE);
        assertThat(store.source("prices").get(-1)).isEqualTo(7);
        assertThat(orders.remove()).isTrue();
        assertThat(orders.remove()).isFalse();
        assertThat(orders.get(0)).isZero();
        assertThat(prices.get(0)).isEqualTo(7);
    }

    @Test
    void shouldNotBeDropped() {
        store.source("orders").set(7);
        assertThatThrownBy(() -> store.dropState(SourcePosition.STATE_NAME))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(SourcePosition.STATE_NAME);
        assertThat(store.source("orders").get(0)).isEqualTo(7);
    }

    @Test
    void shouldKeepBytesWhereANumberDoesNotDo() {
        final byte[] name = {0, -1, 7};
        final SourcePosition file = store.source(name);
        name[0] = 1; // it was copied
        assertThat(file.getBytes()).isNull();
        file.setBytes(new byte[] {1, 2, 3});
        assertThat(store.source(new byte[] {0, -1, 7}).getBytes()).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> file.get(0))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("length=3");
        file.setBytes(new byte[0]);
        assertThat(file.getBytes()).isEmpty();
        file.set(1);
        assertThat(file.getBytes()).containsExactly(1, 0, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void shouldGoWithTheBatchThatItBelongsTo() {
        final LongLongState counts = store.longLongState("counts");
        final SourcePosition source = store.source("s");
        source.set(1);
        store.beginBatch();
        counts.put(1, 1);
        source.set(2);
        store.rollbackBatch();
        assertThat(source.get(0)).isEqualTo(1);
        store.beginBatch();
        counts.put(1, 1);
        source.set(2);
        store.commitBatch();
        assertThat(source.get(0)).isEqualTo(2);
    }

    @Test
    void shouldKeepItsNameForItself() {
        assertThatThrownBy(() -> store.bytesState(SourcePosition.STATE_NAME))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(SourcePosition.STATE_NAME);
        assertThatThrownBy(() -> store.source("")).isInstanceOf(ConfigurationException.class);
        store.source("s").set(1);
        assertThatThrownBy(() -> store.bytesState(SourcePosition.STATE_NAME))
                .isInstanceOf(StateMismatchException.class);
        assertThat(store.states().get(0).descriptor().kind()).isEqualTo(StateKind.SOURCES);
        assertThat(store.descriptor(1).name()).isEqualTo(SourcePosition.STATE_NAME);
        assertThat(store.descriptor(2)).isNull();
    }
}
