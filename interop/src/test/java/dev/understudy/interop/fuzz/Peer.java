// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** The real server that is compared with: where it is known to differ from Redis 7.2, by {@code differences.txt}. */
final class Peer {
    private record Accepted(Pattern command, Pattern ours, Pattern real) {}

    @SuppressWarnings("InlineFormatString") // It has a name.
    private static final String REAL = "-?\\d+(\\.\\d+)?e[-+]?\\d+|-?\\d+\\.\\d+|-?\\d{%d,}";

    private final List<Pattern> avoided = new ArrayList<>();
    private final List<Accepted> accepted = new ArrayList<>();
    private final boolean sameDigests;
    private final Pattern real;

    /** @param version as it says in INFO, such as {@code 7.0.15}; {@code redict-7.3.6} for the fork */
    Peer(String version) {
        sameDigests = !version.startsWith("7.0");
        // From 7.2 on an integer of so many digits can only be a double.
        real = Pattern.compile(REAL.formatted(sameDigests ? 20 : 17));
        try (InputStream stream = Objects.requireNonNull(Peer.class.getResourceAsStream("differences.txt"))) {
            for (String line : new String(stream.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList()) {
                String[] parts = line.split(" \\| ");
                if (!line.isBlank()
                        && !line.startsWith("#")
                        && (parts[0].equals("any") || version.startsWith(parts[0]))) {
                    read(parts, line);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void read(String[] parts, String line) {
        switch (parts[1]) {
            case "avoid" -> avoided.add(pattern(parts[2]));
            case "accept" -> accepted.add(new Accepted(pattern(parts[2]), pattern(parts[3]), pattern(parts[4])));
            default -> throw new IllegalArgumentException("differences.txt: " + line);
        }
    }

    private static Pattern pattern(String text) {
        return Pattern.compile(text.strip(), Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    /** Whether a command must not be sent, since afterwards the data would differ. */
    boolean avoids(String command) {
        return avoided.stream().anyMatch(pattern -> pattern.matcher(command).matches());
    }

    boolean accepts(String command, String ours, String real) {
        return sameButForDigits(ours, real)
                || accepted.stream()
                        .anyMatch(each -> each.command.matcher(command).matches()
                                && each.ours.matcher(ours).matches()
                                && each.real.matcher(real).matches());
    }

    /**
     * Whether texts are the same but for the digits of the same doubles: Redis 7.0 prints 17 digits; later ones as few as it takes, but for one
     * double in hundreds, for which their algorithm (Grisu2) does not find the fewest.
     */
    boolean sameButForDigits(String ours, String real) {
        return ours.equals(real) || rounded(ours).equals(rounded(real));
    }

    private String rounded(String reply) {
        return real.matcher(reply).replaceAll(number -> Double.toString(Double.parseDouble(number.group())));
    }

    /** Whether DEBUG DIGEST-VALUE is computed as Redis 7.2 does. */
    boolean hasSameDigests() {
        return sameDigests;
    }
}
