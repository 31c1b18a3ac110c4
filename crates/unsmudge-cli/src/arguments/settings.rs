//! The settings of layers and stages as flags of `train`, made from the library's registry.

use clap::error::Result;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use std::collections::BTreeMap;
use unsmudge::Error;
use unsmudge::settings::{
    DATA, Kind, LAYER, LEARNERS, Learner, NETWORK, Reach, Setting, TRAINING, Usual, find,
};

/// The flags that were given, by their identifier, with the texts of their values.
#[derive(Debug, Default)]
pub struct SettingArguments {
    given: BTreeMap<String, Vec<String>>,
}

/// One flag, or a pair of flags, for a setting.
struct Flag {
    setting: Setting,
    /// Its name; its identifier has underscores in place of dashes.
    name: String,
    heading: Option<&'static str>,
    doc: &'static str,
    usual: Usual,
}

/// The name of a setting as a flag.
fn flag_name(setting: &str) -> String {
    match setting {
        "n_hidden" => "hidden".into(),
        other => other.replace('_', "-"),
    }
}

/// The flag of `train` that is meant by one that no setting has: `--rate` by `--lr`.
pub fn meant_flag(flag: &str) -> Option<String> {
    let word = id(flag.trim_start_matches('-'));
    let mut settings = [LAYER, TRAINING, NETWORK].into_iter().flatten();
    let setting = settings.find(|setting| setting.aliases.contains(&word.as_str()))?;
    Some(format!("--{}", flag_name(setting.name)))
}

/// What `--help` says of a setting of the data.
pub fn data_help(setting: &str) -> String {
    find(DATA, setting).map_or(String::new(), |setting| Flag::new(&setting, None).help())
}

/// The flag of a setting of the fine-tuning.
fn tuning_name(setting: &str) -> String {
    format!("tune-{}", flag_name(setting))
}

fn id(name: &str) -> String {
    name.replace('-', "_")
}

impl Flag {
    fn new(setting: &Setting, heading: Option<&'static str>) -> Self {
        let usual = setting.suggested.map_or(setting.usual, Usual::Is);
        Self { setting: *setting, name: flag_name(setting.name), heading, doc: setting.doc, usual }
    }

    /// All of them, in the order of `--help`.
    fn all() -> Vec<Self> {
        let mut flags: Vec<Self> =
            find(DATA, "scaling").iter().map(|setting| Self::new(setting, None)).collect();
        flags.extend(LAYER.iter().map(|setting| Self::new(setting, Some("Network"))));
        flags.extend(TRAINING.iter().map(|setting| Self::new(setting, Some("Training"))));
        let tuning = Some("Fine-tuning");
        flags.extend(TRAINING.iter().filter_map(|setting| {
            let (doc, usual) = setting.tuned?;
            let name = tuning_name(setting.name);
            Some(Self { doc, usual, name, ..Self::new(setting, tuning) })
        }));
        flags.extend(NETWORK.iter().map(|setting| Self::new(setting, tuning)));
        flags
    }

    /// What `--help` says of it.
    fn help(&self) -> String {
        let forms = match &self.setting.kind {
            Kind::Word(words, _) => format!(": {}", words().join(", ")),
            Kind::Text(forms, _) => format!(": {forms}"),
            _ => String::new(),
        };
        let several = match self.setting.reach {
            Reach::MakesLayers => "; several numbers make a stack",
            Reach::PerLayer => "; one, or one a layer",
            _ => "",
        };
        let usual = match self.usual {
            Usual::Is("false") => String::new(),
            Usual::Is(value) => format!(" [default: {}]", value.trim_end_matches(".0")),
            Usual::Told(phrase) => format!(" [default: {phrase}]"),
            Usual::Nothing => String::new(),
        };
        let only = match kinds_with(self.setting.name) {
            Some(kinds) => format!(", with {kinds}"),
            None => String::new(),
        };
        format!("{}{only}{forms}{several}{usual}", self.doc)
    }

    fn args(&self) -> Vec<Arg> {
        let arg = |name: &str, help: String| {
            Arg::new(id(name)).long(name.to_string()).help(help).help_heading(self.heading)
        };
        if let Kind::Flag(opposite) = self.setting.kind {
            let on = arg(&self.name, self.help().replace(" [default: true]", " [default]"));
            let on = on.action(ArgAction::SetTrue);
            let Some((name, doc)) = opposite else { return vec![on] };
            let off = arg(name, doc.into()).action(ArgAction::SetTrue);
            return vec![on.overrides_with(id(name)), off];
        }
        vec![self.valued(arg(&self.name, self.help()))]
    }

    /// With the name and the reader of its value.
    fn valued(&self, arg: Arg) -> Arg {
        let kind = self.setting.kind;
        let name = match kind {
            Kind::Whole(..) => "N".into(),
            _ => self.setting.name.to_uppercase(),
        };
        let arg = match kind {
            Kind::Whole(..) => arg.value_parser(value_parser!(u64)),
            Kind::Number(_) => arg.value_parser(value_parser!(f32)).allow_negative_numbers(true),
            _ => arg.value_parser(move |text: &str| read(kind, text)),
        };
        match self.setting.reach {
            Reach::MakesLayers | Reach::PerLayer => {
                let arg = arg.action(ArgAction::Append).value_delimiter(',');
                arg.value_name(format!("{name},.."))
            }
            _ => arg.value_name(name),
        }
    }
}

/// What is wrong with a text is clap's to say; what is allowed is the library's.
fn read(kind: Kind, text: &str) -> std::result::Result<String, String> {
    kind.read(text).map(|()| text.to_string()).map_err(|error| match error {
        Error::Setting { allowed, .. } => format!("allowed is {allowed}"),
        other => other.to_string(),
    })
}

/// The flags of the learners that have a setting of a layer which the usual one has not.
fn kinds_with(setting: &str) -> Option<String> {
    if find(LAYER, setting).is_none() || LEARNERS[0].settings.contains(&setting) {
        return None;
    }
    let has = |learner: &&Learner| learner.settings.contains(&setting);
    let kinds = LEARNERS.iter().filter(has).map(|learner| format!("--{}", learner.kind));
    Some(kinds.collect::<Vec<_>>().join(" or "))
}

/// The flag of a learner that is not the usual one: it excludes the settings that it has not.
fn kind_arg(learner: &Learner) -> Arg {
    let others = LAYER.iter().filter(|setting| !learner.settings.contains(&setting.name));
    let excluded = others.flat_map(|setting| match setting.kind {
        Kind::Flag(Some((opposite, _))) => vec![id(&flag_name(setting.name)), id(opposite)],
        _ => vec![id(&flag_name(setting.name))],
    });
    let kinds =
        LEARNERS.iter().skip(1).map(|other| other.kind).filter(|kind| *kind != learner.kind);
    let arg = Arg::new(id(learner.kind)).long(learner.kind).help(learner.doc);
    let arg = arg.action(ArgAction::SetTrue).help_heading("Network");
    arg.conflicts_with_all(excluded.chain(kinds.map(id)).chain(["start".into()]))
}

impl Args for SettingArguments {
    fn augment_args(command: Command) -> Command {
        let kinds = LEARNERS.iter().skip(1).map(kind_arg);
        command.args(kinds).args(Flag::all().iter().flat_map(Flag::args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self> {
        let mut arguments = Self::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<()> {
        let kinds = LEARNERS.iter().skip(1).map(kind_arg);
        for arg in Flag::all().iter().flat_map(Flag::args).chain(kinds) {
            let id = arg.get_id().as_str();
            if matches!(arg.get_action(), ArgAction::SetTrue) {
                if matches.get_flag(id) {
                    self.given.insert(id.into(), vec!["true".into()]);
                }
            } else if let Some(values) = matches.get_raw(id) {
                let values = values.map(|value| value.to_string_lossy().into_owned());
                self.given.insert(id.into(), values.collect());
            }
        }
        Ok(())
    }
}

impl SettingArguments {
    /// The values given to a setting.
    pub fn of(&self, setting: &Setting) -> &[String] {
        self.values(&flag_name(setting.name))
    }

    /// The value given to a setting of the fine-tuning.
    pub fn of_tuning(&self, setting: &Setting) -> Option<&String> {
        self.values(&tuning_name(setting.name)).first()
    }

    /// Whether the opposite of a setting that is true or false was given.
    pub fn is_opposed(&self, setting: &Setting) -> bool {
        matches!(setting.kind, Kind::Flag(Some((name, _))) if !self.values(name).is_empty())
    }

    /// The learner that was asked for.
    pub fn learner(&self) -> Option<Learner> {
        LEARNERS.iter().skip(1).find(|learner| !self.values(learner.kind).is_empty()).copied()
    }

    /// The one value given to a flag.
    ///
    /// # Errors
    /// [`Error::Setting`] for several.
    pub fn value(&self, flag: &str) -> unsmudge::Result<Option<&str>> {
        match self.values(flag) {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            several => Err(Error::setting(flag, several.join(","), "one value")),
        }
    }

    /// The first flag that was given and is none of these, with its values.
    pub fn other_than(&self, flags: &[&str]) -> Option<(&str, String)> {
        let other = self.given.iter().find(|(name, _)| !flags.contains(&name.as_str()))?;
        Some((other.0, other.1.join(",")))
    }

    /// The values given to a flag.
    pub fn values(&self, name: &str) -> &[String] {
        self.given.get(&id(name)).map_or(&[], Vec::as_slice)
    }
}
