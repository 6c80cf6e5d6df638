package io.zoetrope.model.patches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.tokens.TokenSampling.Decode;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.option.Values;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatchesActionsTest {
    private static TokenSampling request(Action.Kind kind, Config given) throws IOException {
        Action action = new PatchesFamily().actions(kind).get(0);
        return PatchesActions.request(Values.of("patches", action.options(), given),
                kind == Action.Kind.COMPLETE ? TokenSampling.ANY : TokenSampling.TURNS, List.of("boot", "bag"));
    }

    @Test
    void optionsMakeTheRequest() throws IOException {
        assertThat(request(Action.Kind.GENERATE, Config.empty())).isEqualTo(TokenSampling.count(64).seed(7));
        assertThat(request(Action.Kind.GENERATE,
                Config.empty().with("decode", "MaskGIT").with("steps", 9).with("temperature", 0.5).with("top_k", 40)
                        .with("top_p", 0.8).with("guidance", 3).with("count", 2).with("class", "any")))
                .isEqualTo(TokenSampling.count(2).seed(7).decode(Decode.MASKGIT).steps(9).temperature(0.5).topK(40)
                        .topP(0.8).guidance(3).ofClass(TokenSampling.ANY));
        Config completed = Config.empty().with("image", "a.png").with("keep", "left");
        assertThat(request(Action.Kind.COMPLETE, completed))
                .isEqualTo(TokenSampling.count(6).seed(7).decode(Decode.MASKGIT).ofClass(TokenSampling.ANY));
        assertThat(request(Action.Kind.COMPLETE, completed.with("class", "Bag").with("decode", "ar")))
                .isEqualTo(TokenSampling.count(6).seed(7).ofClass(1));
        assertThatThrownBy(() -> request(Action.Kind.GENERATE, Config.empty().with("top_p", 0)))
                .hasMessage("top_p must be more than 0 and at most 1 (all), not 0.0");
        assertThatThrownBy(() -> request(Action.Kind.GENERATE, Config.empty().with("class", "hat")))
                .hasMessage("class is 'hat', expected one of [boot, bag]");
    }
}
