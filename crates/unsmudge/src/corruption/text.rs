//! The text form of a corruption, used on the command line, in settings and in model files.

use super::{Amount, Corruption, Noise};
use crate::error::{Error, Result};
use crate::text;
use std::fmt;
use std::str::FromStr;

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(amount) => write!(f, "{amount}"),
            Self::Drawn { low, high } => write!(f, "{low}..{high}"),
            Self::Annealed { from, to } => write!(f, "{from}to{to}"),
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("none");
        }
        for (i, (noise, amount)) in self.parts().iter().enumerate() {
            let plus = if i == 0 { "" } else { "+" };
            write!(f, "{plus}{}:{amount}", noise.name())?;
        }
        Ok(())
    }
}

impl FromStr for Corruption {
    type Err = Error;

    /// Reads `none` or `NOISE:AMOUNT[+NOISE:AMOUNT...]`.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the noises, or the range of the amount.
    fn from_str(text: &str) -> Result<Self> {
        if text == "none" {
            return Ok(Self::default());
        }
        Self::new(text.split('+').map(part).collect::<Result<_>>()?)
    }
}

fn part(text: &str) -> Result<(Noise, Amount)> {
    let (name, amount) = text.split_once(':').unwrap_or((text, ""));
    let Some(noise) = Noise::ALL.into_iter().find(|noise| noise.name() == name) else {
        let names = Noise::ALL.map(Noise::name);
        let allowed = format!("none, {}{}", names.join(", "), text::meant(name, names));
        return Err(Error::setting("corruption", text, allowed));
    };
    let number = |text: &str| text.parse::<f32>().unwrap_or(f32::NAN);
    let amount = if let Some((low, high)) = amount.split_once("..") {
        Amount::Drawn { low: number(low), high: number(high) }
    } else if let Some((from, to)) = amount.split_once("to") {
        Amount::Annealed { from: number(from), to: number(to) }
    } else {
        Amount::Constant(number(amount))
    };
    // NaN, from text that is not a number, is in no range.
    match amount.check(noise) {
        Ok(()) => Ok((noise, amount)),
        Err(Error::Setting { name, allowed, hint, .. }) => {
            Err(Error::Setting { name, value: text.into(), allowed, hint })
        }
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_survives_a_round_trip() {
        let forms =
            ["none", "gaussian:0.1+speckle:0.2", "masking:0.1..0.5", "salt:0.5to0.1", "flip:1"];
        let kinds = Noise::ALL.map(|noise| format!("{}:0.25", noise.name()));
        for text in forms.map(String::from).iter().chain(&kinds) {
            assert_eq!(text.parse::<Corruption>().unwrap().to_string(), *text);
        }
    }

    #[test]
    fn amounts_out_of_range_and_unknown_noises_are_named() {
        for text in [
            "masking:-0.1",
            "masking:1.5",
            "masking:nan",
            "masking",
            "gaussian:-1",
            "salt:0.5..0.1",
        ] {
            let error = text.parse::<Corruption>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("from 0"), "{error}");
        }
        let error = "maskin:0.1".parse::<Corruption>().unwrap_err().to_string();
        assert!(error.contains("did you mean masking?"), "{error}");
        assert!("".parse::<Corruption>().is_err());
        assert!("gaussian:inf".parse::<Corruption>().is_err());
    }
}
