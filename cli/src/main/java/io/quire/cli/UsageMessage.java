/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What is wrong with a command line, in the words of its user and not of the parser.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class UsageMessage {
    private static final Pattern ONE_OF = Pattern.compile("expected one of \\[(.*)] \\(case-insensitive\\) but was");

    private UsageMessage() {}

    static String of(final ParameterException failure) {
        if (failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            final boolean first = failure.getCommandLine().getParent() == null;
            final String what =
                    unmatched.isUnknownOption() ? "unknown option" : first ? "unknown command" : "unexpected argument";
            return what + " '" + unmatched.getUnmatched().get(0) + "'";
        }
        if (failure instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            return names(missing.getMissing()) + (missing.getMissing().size() == 1 ? " is missing" : " are missing");
        }
        final String text = String.valueOf(failure.getMessage())
                .replaceFirst("^Invalid value", "invalid value")
                .replaceFirst("' is not an? (int|long)$", "' is not a whole number in range");
        final Matcher oneOf = ONE_OF.matcher(text);
        return oneOf.find()
                ? oneOf.replaceFirst(Matcher.quoteReplacement(
                        "expected one of " + oneOf.group(1).toLowerCase(Locale.ROOT) + ", not"))
                : text;
    }

    private static String names(final List<ArgSpec> arguments) {
        return arguments.stream()
                .map(argument -> argument instanceof OptionSpec option
                        ? option.longestName() + " " + option.paramLabel()
                        : argument.paramLabel())
                .collect(Collectors.joining(" and "));
    }
}
