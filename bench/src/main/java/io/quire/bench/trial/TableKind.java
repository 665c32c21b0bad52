/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.checkpoint.DurableStateStore;
import java.util.Arrays;
import java.util.List;

/** Tables that trials are made of. Byte keys have eight bytes. */
enum TableKind {
    /** Long keys and values. */
    LONG_LONG("long-long"),
    /** Byte values of 100 bytes, inline. */
    FIXED_100("fixed-100"),
    /** Byte values of 100 bytes, as records. */
    BYTES_100("bytes-100"),
    /** Byte values of 20 to 200 bytes, each length as frequent as any other. */
    BYTES_20_200("bytes-20-200");

    private static final int LENGTH = 100;
    private static final int VARYING_LENGTH_MIN = 20;
    private static final int VARYING_LENGTH_MAX = 200;

    private final String code;

    TableKind(final String code) {
        this.code = code;
    }

    /** {@return name in files and on command lines} */
    String code() {
        return code;
    }

    static List<String> codes() {
        return Arrays.stream(values()).map(TableKind::code).toList();
    }

    /**
     * Finds a kind by its code.
     *
     * @throws IllegalArgumentException when there is none
     */
    static TableKind parse(final String code) {
        return Arrays.stream(values())
                .filter(kind -> kind.code.equals(code))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such kind of table: found=" + code + " expected one of " + codes()));
    }

    /** {@return an empty table in a store that has none yet} */
    TrialTable create(final DurableStateStore store) {
        return switch (this) {
            case LONG_LONG -> new LongTrialTable(store);
            case FIXED_100 -> new FixedTrialTable(store, LENGTH);
            case BYTES_100 -> new BytesTrialTable(store, LENGTH, LENGTH);
            case BYTES_20_200 -> new BytesTrialTable(store, VARYING_LENGTH_MIN, VARYING_LENGTH_MAX);
        };
    }
}
