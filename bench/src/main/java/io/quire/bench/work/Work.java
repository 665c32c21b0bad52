/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a timed loop does. One operation is one call of the table, except that remove-insert counts the pair as one, and
 * a scan counts each entry.
 */
public enum Work {
    /** Puts every entry into an empty table. */
    LOAD("load", "put new while growing from empty"),
    /** Reads present entries. */
    GET("get", "get, present"),
    /** Reads absent entries. */
    MISS("miss", "get, absent"),
    /** Overwrites present entries with a value of the same length. */
    PUT("put", "put, overwrite"),
    /** Adds entries that were never there; they are removed afterwards, untimed. */
    INSERT("insert", "put, new"),
    /** Adds to the first eight bytes of present entries. */
    RMW("rmw", "read-modify-write of 8 bytes"),
    /** Removes a present entry and inserts one that was never there. */
    REMOVE_INSERT("remove-insert", "remove one, insert another"),
    /** Half reads, half overwrites, in random order. */
    MIXED_50("mixed50", "50 % get, 50 % put"),
    /** Reads with one overwrite in twenty, in random order. */
    MIXED_95("mixed95", "95 % get, 5 % put"),
    /** Reads every entry in the order that suits the contestant. */
    SCAN("scan", "full scan, per entry");

    private final String code;
    private final String title;

    Work(final String code, final String title) {
        this.code = code;
        this.title = title;
    }

    /**
     * Names the work in files and on command lines.
     *
     * @return a lower-case word
     */
    public String code() {
        return code;
    }

    /**
     * Names the work for people.
     *
     * @return a title
     */
    public String title() {
        return title;
    }

    /**
     * Finds a work by its code.
     *
     * @param code as {@link #code}
     * @return the work
     * @throws IllegalArgumentException when there is none
     */
    public static Work parse(final String code) {
        final String wanted = code.trim().toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(work -> work.code.equals(wanted))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("no such work: found=" + code + " expected one of " + codes()));
    }

    /**
     * Lists all codes.
     *
     * @return codes in order
     */
    public static List<String> codes() {
        return Arrays.stream(values()).map(Work::code).toList();
    }
}
